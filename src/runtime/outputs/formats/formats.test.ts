import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Format, SiemEvent } from '../event.ts';
import { CLOSED, DECISION, FINDING, LEDGER, MITIGATION, ORIGIN, SAMPLES } from '../testing.ts';
import { cef, cefHead, cefValue } from './cef.ts';
import { ecs } from './ecs.ts';
import { json } from './json.ts';
import { ocsf } from './ocsf.ts';

fc.configureGlobal({ seed: 20240304 });

const FORMATS: readonly (readonly [string, Format])[] = [
  ['ocsf', ocsf],
  ['ecs', ecs],
  ['cef0', cef(0)],
  ['cef1', cef(1)],
  ['json', json],
];
const golden = (name: string) => new URL(`../testdata/${name}.txt`, import.meta.url);

describe('every format', () => {
  it.each(FORMATS)('%s writes what its golden file holds', (name, format) => {
    const text = SAMPLES.map((event) => `${format(event, ORIGIN)}\n`).join('');
    if (process.env.SALLYPORT_WRITE_GOLDEN) writeFileSync(golden(name), text);
    expect(text).toBe(readFileSync(golden(name), 'utf8'));
  });

  it.each(FORMATS)('%s stays one line whatever an event holds', (_, format) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const reasons = [{ ...MITIGATION.reasons[0], why: text }];
        const actor = { dimension: 'principal', key: text, pseudonym: 'aa' };
        const line = format(
          { ...MITIGATION, title: text, message: text, host: text, route: text, actor, reasons },
          ORIGIN,
        );
        expect(line).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

const ocsfOf = (event: SiemEvent) => JSON.parse(ocsf(event, ORIGIN));

describe('OCSF', () => {
  it.each([
    ['a mitigation', MITIGATION],
    ['a finding', FINDING],
    ['an end', CLOSED],
  ])('%s has what a Detection Finding must have', (_, event) => {
    const finding = ocsfOf(event);
    expect(finding).toMatchObject({ category_uid: 2, class_uid: 2004, time: event.timeMs });
    expect(finding.type_uid).toBe(200_400 + finding.activity_id);
    expect(finding.finding_info).toMatchObject({ uid: event.uid, title: event.title });
    expect(finding.finding_info.analytic.type_id).toEqual(expect.any(Number));
    expect([0, 1, 2, 3, 4, 5, 6, 99]).toContain(finding.severity_id);
    expect(finding.metadata).toMatchObject({
      version: expect.stringMatching(/^1\.[5-9]\.\d$/),
      product: { vendor_name: 'Sallyport', name: 'Sallyport' },
    });
    expect(finding.evidences.length).toBeGreaterThan(0);
    for (const evidence of finding.evidences) expect(evidence.data ?? evidence.src_endpoint).toBeDefined();
    expect([1, 2]).toContain(finding.action_id);
    expect(Number.isInteger(finding.risk_score)).toBe(true);
  });

  it('has one uid and three activities over the life of a mitigation', () => {
    const life = [MITIGATION, { ...MITIGATION, phase: 'update' as const }, CLOSED].map(ocsfOf);
    expect(life.map((event) => event.activity_id)).toEqual([1, 2, 3]);
    expect(new Set(life.map((event) => event.finding_info.uid)).size).toBe(1);
    expect(life.map((event) => event.status_id)).toEqual([1, 2, 3]);
  });

  it('says that nothing was denied in shadow mode', () => {
    const shadow = { ...MITIGATION, action: { ...(MITIGATION.action as object), enforced: false } } as SiemEvent;
    expect(ocsfOf(shadow)).toMatchObject({ action_id: 1, disposition_id: 15 });
    expect(ocsfOf(MITIGATION)).toMatchObject({ action_id: 2, disposition_id: 2 });
  });

  it('tells decisions as API Activity, and the ledger as Base Events', () => {
    const decision = ocsfOf(DECISION);
    expect(decision).toMatchObject({ class_uid: 6003, activity_id: 1, type_uid: 600_301, category_uid: 6 });
    for (const required of ['actor', 'api', 'src_endpoint']) expect(decision[required], required).toBeDefined();
    expect(ocsfOf(LEDGER)).toMatchObject({ class_uid: 0, category_uid: 0, activity_id: 99, type_uid: 99 });
  });
});

describe('ECS', () => {
  /** From the list of fields of ECS 8.17: closed values and types of those that are set. */
  const KINDS = ['alert', 'event'];
  const CATEGORIES = ['api', 'configuration', 'intrusion_detection'];
  const TYPES = ['allowed', 'change', 'denied', 'end', 'info', 'start'];

  it.each(SAMPLES.map((event) => [event.kind, event] as const))('%s has its fields in their types', (_, event) => {
    const doc = JSON.parse(ecs(event, ORIGIN));
    expect(new Date(doc['@timestamp']).toISOString()).toBe(doc['@timestamp']);
    expect(doc.ecs.version).toMatch(/^8\./);
    expect(KINDS).toContain(doc.event.kind);
    for (const category of doc.event.category) expect(CATEGORIES).toContain(category);
    for (const type of doc.event.type) expect(TYPES).toContain(type);
    expect(Number.isInteger(doc.event.severity)).toBe(true);
    expect(doc.tags.every((tag: unknown) => typeof tag === 'string')).toBe(true);
    for (const key of ['id', 'module', 'dataset', 'provider', 'action', 'reason'])
      expect(typeof doc.event[key]).toBe('string');
    expect(Object.keys(doc)).toEqual(expect.arrayContaining(['observer', 'sallyport', 'message']));
  });

  it('puts addresses and users where searches look for them', () => {
    expect(JSON.parse(ecs(MITIGATION, ORIGIN))).toMatchObject({
      source: { ip: '203.0.113.7' },
      related: { ip: ['203.0.113.7'], hosts: ['shop.example'] },
      event: { type: ['denied', 'start'], risk_score: 97.12 },
    });
    expect(JSON.parse(ecs(FINDING, ORIGIN))).toMatchObject({
      user: { name: 'ann@example.org' },
      related: { user: ['ann@example.org'] },
    });
  });
});

/** A reader of CEF as receivers have them: bars and equal signs count where no backslash stands before them. */
function readCef(line: string): { head: string[]; fields: Record<string, string> } {
  const head: string[] = [];
  let at = 0;
  while (head.length < 7) {
    let part = '';
    for (; line[at] !== '|'; at++) part += line[at] === '\\' ? line[++at] : line[at];
    at++;
    head.push(part);
  }
  const fields: Record<string, string> = {};
  const starts = [...line.slice(at).matchAll(/(?:^| )([A-Za-z0-9]+)=/g)];
  for (const [i, match] of starts.entries()) {
    const raw = line.slice(
      at + match.index + match[0].length,
      i + 1 < starts.length ? at + starts[i + 1].index : undefined,
    );
    fields[match[1]] = raw.replace(/\\([\\=nr])/g, (_, c) => ({ n: '\n', r: '\r' })[c as string] ?? c);
  }
  return { head, fields };
}

describe('CEF', () => {
  it('comes back from a reader as it was', () => {
    // A word with an equal sign after a space would need a backslash, and gets it.
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', '|', '\\', '\n', '\r', ' ', 'é') }), (text) => {
        const line = `CEF:0|${cefHead(text)}|b|c|d|e|5|msg=${cefValue(text)} act=x`;
        const { head, fields } = readCef(line);
        expect(head[1]).toBe(text.replace(/[\r\n]+/g, ' '));
        expect(fields).toEqual({ msg: text, act: 'x' });
      }),
    );
  });

  it('reads as what it was made of', () => {
    const { head, fields } = readCef(cef(0)(MITIGATION, ORIGIN));
    expect(head).toEqual([
      'CEF:0',
      'Sallyport',
      'Sallyport',
      '1.2.3',
      'mitigation:failure-test',
      'block for credential-attack',
      '10',
    ]);
    expect(fields).toMatchObject({
      src: '203.0.113.7',
      act: 'block',
      outcome: 'denied',
      externalId: 'M-0123456789',
      cs1Label: 'policy',
      cs3: 'API2 OAT-008 OAT-007',
    });
  });

  it('puts IPv6 where each version has a place for it', () => {
    expect(readCef(cef(0)(CLOSED, ORIGIN)).fields).toMatchObject({
      c6a2: '2001:db8::7',
      c6a2Label: 'Source IPv6 Address',
    });
    expect(readCef(cef(1)(CLOSED, ORIGIN)).fields).toMatchObject({ src: '2001:db8::7' });
  });

  it('keeps the lengths of its dictionary', () => {
    const { fields } = readCef(cef(0)({ ...MITIGATION, message: '='.repeat(3000), uid: 'u'.repeat(90) }, ORIGIN));
    expect(fields.msg).toHaveLength(1023);
    expect(fields.externalId).toHaveLength(40);
  });
});
