import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLE_EXPLANATION } from '../../test/golden/sample-explanation.ts';
import { SAMPLE_REPORT } from '../../test/golden/sample-report.ts';
import type { ExplainRunOptions } from '../doors/replay/run.ts';
import type { Explanation } from '../runtime/explanation.ts';
import { EXIT } from './exit.ts';
import { run, type World } from './testing.ts';

const ID = 'F-0a1b2c3d4e';
let cwd = '';
let seen: ExplainRunOptions | null = null;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  seen = null;
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function world(more: World = {}): World {
  const explainFinding = async (options: ExplainRunOptions): Promise<Explanation> => {
    seen = options;
    return SAMPLE_EXPLANATION;
  };
  const runTry = async () => SAMPLE_REPORT;
  return { cwd, env: { XDG_CACHE_HOME: join(cwd, 'cache') }, ...more, ports: { explainFinding, runTry } };
}
const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text);

describe('explain', () => {
  it('explains a finding of the last try, with its options', async () => {
    write('access.log', '');
    await run(['try', 'access.log', '--seed', '7', '--lateness', '2m'], world());
    const { code, out } = await run(['explain', 'f-0A1B2C3D4E'], world());
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('What would have flipped it');
    expect(seen).toMatchObject({ finding: ID, inputs: ['access.log'], seed: 7, latenessMs: 120_000 });
  });

  it('finds the log from another folder, and lets options overrule', async () => {
    write('access.log', '');
    await run(['try', 'access.log', '--seed', '7'], world());
    await run(['explain', ID, '--seed', '8'], world({ cwd: tmpdir() }));
    expect(seen).toMatchObject({ inputs: [join(cwd, 'access.log')], seed: 8 });
  });

  it('explains a finding of a named log', async () => {
    write('other.log', '');
    expect((await run(['explain', ID, 'other.log', '--json'], world())).out).toContain('"explanation_version": 1');
    expect(seen).toMatchObject({ inputs: ['other.log'] });
  });

  it('runs the log of a report where it lies beside it', async () => {
    for (const input of SAMPLE_REPORT.inputs) write(input.name, '');
    write('report.json', JSON.stringify(SAMPLE_REPORT));
    await run(['explain', ID, '--from', join(cwd, 'report.json')], world({ cwd: tmpdir() }));
    expect(seen?.inputs).toEqual([join(cwd, 'access.log'), join(cwd, 'access.log.1.gz')]);
  });

  it('tells what the report knows where its log is gone', async () => {
    write('report.json', JSON.stringify(SAMPLE_REPORT));
    const { code, out, err } = await run(['explain', ID, '--from', 'report.json'], world());
    expect(code).toBe(EXIT.ok);
    expect(err).toContain('access.log cannot be read again');
    expect(out).toContain('Found by failure-test');
    expect(seen).toBeNull();
    expect((await run(['explain', 'F-ffffffffff', '--from', 'report.json'], world())).err).toContain('SP6003');
  });

  it('says what is missing', async () => {
    expect((await run(['explain', ID], world())).err).toContain('no earlier try is remembered');
    expect((await run(['explain', 'F-1'], world())).err).toContain('is not the id of a finding');
    write('x.json', '{"a": 1}');
    expect(await run(['explain', ID, '--from', 'x.json'], world())).toMatchObject({ code: EXIT.input });
    expect(await run(['explain', ID, '--from', 'y.json'], world())).toMatchObject({ code: EXIT.input });
    await run(['try'], world({ stdinIsTTY: false }));
    expect((await run(['explain', ID], world())).err).toContain('standard input, which cannot be read again');
  });

  it('passes over a memory that is not its own', async () => {
    await run(['try', 'x'], world());
    write('cache/sallyport/last-try.json', '{"version": 1, "inputs": "rm"}');
    expect(await run(['explain', ID], world())).toMatchObject({ code: EXIT.usage });
  });
});
