import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from './main.ts';
import { readScenario, readTruth } from './simulate/index.ts';

const base = mkdtempSync(join(tmpdir(), 'redteam-cli-'));
const scenario = (name: string) => new URL(`../scenarios/${name}.yaml`, import.meta.url).pathname;
let out = '';
let errors = '';

beforeEach(() => {
  out = '';
  errors = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(base, { recursive: true }));

describe('redteam simulate', () => {
  const quick = (seed: string, name: string, ...more: string[]) =>
    main(['simulate', scenario('quick'), '--seed', seed, '--out', join(base, name), ...more]);

  it('writes a part of the quick scenario, twice the same', async () => {
    for (const name of ['a', 'b']) {
      expect(await quick('7', name, '--scale', '0.04', '--format', 'both')).toBe(0);
    }
    expect(out).toMatch(/cohort +requests +part/);
    expect(out).toMatch(/stuffing-E0 +\d+/);
    for (const file of ['access.log', 'events.jsonl', 'run.json', 'truth/truth.json']) {
      expect(readFileSync(join(base, 'a', file))).toEqual(readFileSync(join(base, 'b', file)));
    }
    const { rows, texts, labels } = readTruth(join(base, 'a', 'truth'));
    expect(rows).toBeGreaterThan(500);
    expect(rows).toBeLessThan(1600);
    expect(texts.address.length).toBeGreaterThan(50);
    expect(labels.some(({ campaign }) => campaign === 'scraping-E1')).toBe(true);
  });

  it('says what is wrong, and exits accordingly', async () => {
    expect(await main(['simulate', '/nowhere.yaml', '--seed', '1', '--out', base])).toBe(3);
    expect(errors).toMatch(/\/nowhere\.yaml: cannot be read/);
    expect(await main(['simulate', scenario('quick')])).toBe(2);
    expect(await quick('1', 'c', '--share', '200%')).toBe(2);
    expect(errors).toMatch(/a part from 0 to 0\.9/);
    expect(await quick('1', 'c', '--format', 'xml')).toBe(2);
    // A folder cannot be made below a file.
    const below = join(scenario('quick'), 'out');
    const argv = ['simulate', scenario('quick'), '--seed', '1', '--out', below, '--scale', '0.01'];
    expect(await main(argv)).toBe(4);
    expect(await main(['simulat'])).toBe(2);
    expect(errors).toMatch(/Did you mean simulate/);
  });
});

describe('redteam', () => {
  it('lists what there is', async () => {
    expect(await main(['families'])).toBe(0);
    expect(out).toMatch(/stuffing[\s\S]*billing-spike[\s\S]*E4 /);
    expect(await main(['populations'])).toBe(0);
    expect(out).toMatch(/Populations:\n +people[\s\S]*Disturbances:\n[\s\S]*outage/);
    expect(await main(['populations', 'people'])).toBe(0);
    expect(await main(['populations', 'clock-skew'])).toBe(0);
    expect(await main(['populations', 'poeple'])).toBe(2);
  });

  it('stocks a server, and shows roles', async () => {
    const openapi = new URL('../../examples/shop/openapi.yaml', import.meta.url).pathname;
    expect(await main(['site', '--openapi', openapi, '--roles'])).toBe(0);
    expect(out).toMatch(/login +POST +\/api\/login/);
    const file = join(base, 'inventory.json');
    expect(await main(['site', '--scenario', scenario('quick'), '--seed', '7', '--out', file])).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8')).accounts).toHaveLength(2000);
    expect(await main(['site'])).toBe(2);
    expect(await main(['site', '--openapi', '/nowhere.yaml'])).toBe(3);
  });

  it('sends nothing beyond this machine', async () => {
    const url = 'http://192.0.2.1:80';
    expect(await main(['live', scenario('quick'), '--seed', '1', '--scale', '0.01', '--url', url])).toBe(2);
    expect(errors).toMatch(/192\.0\.2\.1 is not a loopback address/);
  });

  it('helps', async () => {
    expect(await main(['--help'])).toBe(0);
    expect(out).toMatch(/simulate.*\n[\s\S]*live[\s\S]*score[\s\S]*Exit codes/);
    expect(await main(['simulate', '--help'])).toBe(0);
    expect(out).toMatch(/Examples:/);
  });
});

describe('the scenarios', () => {
  it.each(['week', 'null-month', 'quick', 'adaptive'])('%s can be read', (name) => {
    expect(readScenario(scenario(name)).name).toBe(name);
  });

  it('have what they say', () => {
    const week = readScenario(scenario('week'));
    expect(new Set(week.campaigns.map(({ family }) => family)).size).toBe(16);
    expect(week.campaigns.every(({ levels }) => levels.join() === 'E0,E1,E2,E3')).toBe(true);
    expect(readScenario(scenario('null-month')).campaigns).toEqual([]);
  });
});
