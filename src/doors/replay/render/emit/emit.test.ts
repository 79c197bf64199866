import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CLEAR_REPORT, HOSTILE_AGENT, SAMPLE_REPORT } from '../../../../../test/golden/sample-report.ts';
import { days, hours } from '../../../../lib/units.ts';
import type { ActorReport, Report } from '../../../../runtime/report.ts';
import { EMIT_TARGETS, EMITTERS } from './index.ts';
import { earlierThan } from './nginx.ts';
import { type EmitOptions, parseCidr, planMitigations } from './plan.ts';

fc.configureGlobal({ seed: 20240304 });

const NOW = Date.parse('2025-03-13T08:00:00Z');
const OPTIONS: EmitOptions = { nowMs: NOW, sessionCookie: 'sid' };
const FILES = {
  nginx: 'emit-nginx.conf',
  nftables: 'emit-nftables.nft',
  cloudflare: 'emit-cloudflare.sh',
  sallyport: 'emit-sallyport.yaml',
};

/** The sample report with one actor only, changed. */
function reportOf(change: Partial<ActorReport>): Report {
  return { ...SAMPLE_REPORT, actors: [{ ...SAMPLE_REPORT.actors[0], ...change }] };
}
const HOSTILE_TEXT = `x"; } ' $(id) \`id\` \${a} \\ # JSON\n}\nJSON\n${HOSTILE_AGENT}\u009b`;

/** What executes in the document: everything but comments. */
const code = (text: string): string => text.replace(/^\s*#.*$/gm, '');

describe('every target', () => {
  it.each(EMIT_TARGETS)('%s reads like its golden file', async (target) => {
    const path = fileURLToPath(new URL(`../../../../../test/golden/${FILES[target]}`, import.meta.url));
    await expect(EMITTERS[target](SAMPLE_REPORT, OPTIONS)).toMatchFileSnapshot(path);
  });

  it.each(EMIT_TARGETS)('%s says why, until when and whom it would hurt, with an id', (target) => {
    const text = EMITTERS[target](reportOf({}), OPTIONS);
    expect(text).toMatch(/M-[0-9a-f]{10}/);
    expect(text).toContain('2025-03-13T09:00:00Z');
    expect(text).toContain('nobody we can see');
    expect(text).toContain('F-0a1b2c3d4e');
  });

  it.each(EMIT_TARGETS)('%s never blocks where more than one household may stand behind', (target) => {
    const text = EMITTERS[target](reportOf({ sharing: { low: 1, high: 5, basis: 'a campus' } }), OPTIONS);
    expect(text).toContain('throttle 203.0.113.77'.slice(0, target === 'sallyport' ? 8 : undefined));
    expect(text).not.toMatch(/return 403|@block4|managed|action: block/);
  });

  it.each(EMIT_TARGETS)('%s leaves verified crawlers alone and says so', (target) => {
    const text = EMITTERS[target](reportOf({ bot: { name: 'ExampleCrawler', status: 'verified' } }), OPTIONS);
    expect(code(text)).not.toContain('203.0.113.77');
    expect(text).toContain('203.0.113.77: ExampleCrawler is verified by its network and never blocked');
  });

  it.each(EMIT_TARGETS)('%s lets no text of the log out of its comments and quotations', (target) => {
    const finding = { ...SAMPLE_REPORT.findings[0], why: HOSTILE_TEXT };
    for (const dimension of ['fingerprint', 'session', 'principal', 'ip', 'orbit\n}']) {
      const report = {
        ...reportOf({
          actor: { dimension, key: HOSTILE_TEXT },
          agent: HOSTILE_TEXT,
          reason: HOSTILE_TEXT,
          sharing: { low: 1, high: 1, basis: HOSTILE_TEXT },
        }),
        inputs: [{ ...SAMPLE_REPORT.inputs[0], name: HOSTILE_TEXT }],
        findings: [finding],
      };
      const text = EMITTERS[target](report, OPTIONS);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      if (target !== 'sallyport') expect(code(text)).not.toMatch(/\$\(id\)|`id`|<script/);
      else expect(parse(text).mitigations?.[0]?.actor.key ?? HOSTILE_TEXT).toBe(HOSTILE_TEXT);
    }
  });

  it.each(EMIT_TARGETS)('%s does nothing where nothing is to be done', (target) => {
    const text = EMITTERS[target](CLEAR_REPORT, OPTIONS);
    expect(text).toContain('0 mitigations');
    expect(code(text)).not.toMatch(/drop|403|curl|limit_req/);
  });
});

describe('the plan', () => {
  const plan = (change: Partial<ActorReport>, options: EmitOptions = OPTIONS) =>
    planMitigations(reportOf(change), options);

  it('stands for an hour at least, for as long as was recommended, or as told', () => {
    expect(plan({ ttl_s: 60 }).mitigations[0].ttlS).toBe(3600);
    expect(plan({ ttl_s: 86_400 }).mitigations[0].ttlS).toBe(86_400);
    expect(plan({ ttl_s: 86_400 }, { ...OPTIONS, ttlMs: 90_000 }).mitigations[0].ttlS).toBe(90);
  });

  it('gives the same id for the same decision, and another for another', () => {
    const id = plan({}).mitigations[0].id;
    expect(plan({}, { nowMs: NOW + hours(5) }).mitigations[0].id).toBe(id);
    expect(plan({ recommended: 'throttle' }).mitigations[0].id).not.toBe(id);
  });

  it('blocks a household, and nothing wider', () => {
    const action = (low: number, high: number) => plan({ sharing: { low, high, basis: '' } }).mitigations[0].action;
    expect(action(1, 1)).toBe('block');
    expect(action(1, 4)).toBe('block');
    expect(action(1, 5)).toBe('throttle');
    expect(action(2, 2)).toBe('throttle');
  });

  it('leaves out tags and what is allowed', () => {
    expect(plan({ recommended: 'tag' })).toMatchObject({ mitigations: [], left: [] });
  });

  it('never blocks by a User-Agent, which anyone can send', () => {
    const [m] = plan({ actor: { dimension: 'fingerprint', key: 'x' }, agent: 'x' }).mitigations;
    expect(m.action).toBe('throttle');
  });

  it.each(['route', 'tenant', 'asn', 'credential'])('leaves a %s to people', (dimension) => {
    const { mitigations, left } = plan({ actor: { dimension, key: 'x' } });
    expect(mitigations).toEqual([]);
    expect(left).toHaveLength(1);
  });

  it('warns of an old log and of a generated one', () => {
    const old = planMitigations(SAMPLE_REPORT, { nowMs: NOW + days(400) });
    expect(old.head.join(' ')).toContain('CAUTION: the log ends 400 days before');
    const generated = planMitigations({ ...SAMPLE_REPORT, generated_input: true }, OPTIONS);
    expect(generated.head.join(' ')).toContain('generated sample log');
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['2001:db8::/64', '2001:db8::/64'],
    ['0.0.0.0/0', null],
    ['::/0', null],
    ['192.0.2.1/', null],
    ['192.0.2.1; drop', null],
    ['fe80::1%eth0', null],
    ['192.0.2.1/24/3', null],
    ['example.com', null],
  ])('reads the address %s as %s', (key, cidr) => {
    const target = parseCidr(key);
    expect(target && 'cidr' in target ? target.cidr : null).toBe(cidr);
  });
});

describe('for nginx', () => {
  it('compares times of ten digits as numbers', () => {
    const moment = fc.integer({ min: 1_000_000_000, max: 9_999_999_999 });
    fc.assert(
      fc.property(moment, moment, (end, now) => {
        expect(new RegExp(`^${earlierThan(end)}`).test(`${now}.123`)).toBe(now < end);
      }),
    );
    const pattern = new RegExp(`^${earlierThan(1_741_856_400)}`);
    expect(pattern.test('1741856399.999')).toBe(true);
    expect(pattern.test('1741856400.000')).toBe(false);
    expect(() => earlierThan(123)).toThrow(RangeError);
  });

  it('names sessions only where their cookie is known', () => {
    const text = EMITTERS.nginx(SAMPLE_REPORT, { nowMs: NOW });
    expect(code(text)).not.toContain('s-9f31c2ab');
    expect(text).toContain('name their cookie with --session-cookie');
  });
});

describe('for Cloudflare', () => {
  const bodies = (text: string): { expression: string; description: string }[] =>
    [...text.matchAll(/<<'JSON'\n([\s\S]*?)\nJSON\n/g)].map(([, json]) => JSON.parse(json));

  it('is a shell script whose bodies are JSON', () => {
    const text = EMITTERS.cloudflare(SAMPLE_REPORT, OPTIONS);
    expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0);
    expect(bodies(text).map((b) => b.expression)).toContain(
      'ip.src in {203.0.113.77 198.51.100.99} and http.request.timestamp.sec lt 1741856400',
    );
  });

  it('keeps every expression within what a rule takes', () => {
    const actors = Array.from({ length: 500 }, (_, i) => ({
      ...SAMPLE_REPORT.actors[0],
      actor: { dimension: 'ip', key: `2001:db8:${(i + 4096).toString(16)}:${(i + 4096).toString(16)}::/64` },
    }));
    const rules = bodies(EMITTERS.cloudflare({ ...SAMPLE_REPORT, actors }, OPTIONS));
    expect(rules.length).toBeGreaterThan(2);
    for (const { expression } of rules) expect(expression.length).toBeLessThanOrEqual(4096);
    expect(
      rules
        .map((r) => r.expression)
        .join(' ')
        .match(/2001:db8/g),
    ).toHaveLength(500);
  });
});

describe('for Sallyport', () => {
  it('is YAML in shadow mode with everything a mitigation needs', () => {
    const { mitigations } = parse(EMITTERS.sallyport(SAMPLE_REPORT, OPTIONS));
    expect(mitigations).toHaveLength(8);
    for (const m of mitigations) {
      expect(m).toMatchObject({ mode: 'shadow', expires_at: expect.any(String), reason: expect.any(String) });
      expect(m.ttl_s).toBeGreaterThan(0);
    }
  });
});
