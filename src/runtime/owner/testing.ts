/** What a gate must do whoever stands behind it, rows to ask it with, and a gate of known answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { COLUMNS, createBatch, type FactBatch, type TextName, textOf } from '../../enrich/facts.ts';
import { ALLOW, type Gate, type LimitState, type OwnerGate, type Spent, type Verdict } from '../live/verdict.ts';

const TEXT_NAMES: readonly TextName[] = [
  'target',
  'agent',
  'referrer',
  'principal',
  'session',
  'credential',
  'host',
  'content',
];
const encoder = new TextEncoder();

/** Every value of a row but the places of its texts, and the texts: what must be the same on both ends. */
export function contentOf(rows: FactBatch, row: number): Record<string, number | string> {
  const content: Record<string, number | string> = {};
  for (const name of Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]) {
    if (!name.endsWith('At')) content[name] = rows[name][row];
  }
  for (const name of TEXT_NAMES) content[name] = textOf(rows, row, name);
  return content;
}

/** A batch with one row at `row`, of values and texts; whatever is left out is 0 or ''. */
export function rowWith(
  values: Partial<Record<keyof typeof COLUMNS, number>>,
  texts: Partial<Record<TextName, string>>,
  row = 3,
): FactBatch {
  const parts = TEXT_NAMES.map((name) => encoder.encode(texts[name] ?? ''));
  const text = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 5));
  const rows = createBatch(16, text);
  let at = 5;
  TEXT_NAMES.forEach((name, i) => {
    text.set(parts[i], at);
    rows[`${name}At`][row] = at;
    rows[`${name}Length`][row] = parts[i].length;
    at += parts[i].length;
  });
  for (const [name, value] of Object.entries(values)) rows[name as keyof typeof COLUMNS][row] = value;
  rows.count = row + 1;
  return rows;
}

export const LIMIT: LimitState = {
  name: 'per-key',
  limit: 100,
  windowSec: 60,
  remaining: 0,
  resetSec: 12.5,
  exceeded: true,
};

export const BLOCK: Verdict = {
  action: 'block',
  planned: 'revoke',
  mode: 'canary',
  class: 'credential-attack',
  risk: 0.987,
  mitigation: 'M-0123456789',
  untilMs: 1_800_000_000_123,
  actor: 'a1b2c3d4e5f60718',
  dimension: 'principal',
  delayMs: -1,
  retryAfterSec: 900,
  credential: '0011223344556677',
  limit: LIMIT,
};

/** A gate that answers by the status of the row, and keeps what it was told. */
export class FakeGate implements OwnerGate {
  readonly told: unknown[] = [];
  /** Connections that asked or told of something that lasts, in this order, and those that are gone. */
  readonly from: number[] = [];
  readonly left: number[] = [];
  private readonly spentNonces = new Set<string>();
  /** Answer later, where a test wants that. */
  later: ((verdict: Verdict) => Promise<Verdict>) | null = null;

  request(rows: FactBatch, row: number, nowMs: number, from = 0): Verdict | Promise<Verdict> {
    this.from.push(from);
    this.told.push(['request', nowMs, contentOf(rows, row)]);
    const flag = rows.flags[row];
    if (flag === -1) throw new Error('a defect of the gate');
    const verdict = flag === 1 ? BLOCK : flag === 2 ? { ...ALLOW, limit: { ...LIMIT, exceeded: false } } : ALLOW;
    return this.later === null ? verdict : this.later({ ...verdict, class: textOf(rows, row, 'target') });
  }

  response(rows: FactBatch, row: number, nowMs: number, admitted: boolean, goesOn = false): void {
    this.told.push(['response', nowMs, admitted, contentOf(rows, row), ...(goesOn ? ['goes on'] : [])]);
  }

  lasts(rows: FactBatch, row: number, nowMs: number, ended: boolean, from = 0): void {
    this.from.push(from);
    this.told.push([ended ? 'ended' : 'lasts', nowMs, contentOf(rows, row)]);
  }

  gone(from: number): void {
    this.left.push(from);
  }

  business(rows: FactBatch, row: number, nowMs: number): void {
    this.told.push(['business', nowMs, contentOf(rows, row)]);
  }

  spend(nonce: string, untilMs: number): Spent {
    this.told.push(['spend', nonce, untilMs]);
    if (nonce === 'one too many') return 'full';
    if (this.spentNonces.has(nonce)) return 'seen';
    this.spentNonces.add(nonce);
    return 'first';
  }

  solved(actor: string, classOf: string, nowMs: number): void {
    this.told.push(['solved', actor, classOf, nowMs]);
  }

  departed(endpoint: string, bits: number, undeclared: readonly string[]): void {
    this.told.push(['departed', endpoint, bits, undeclared]);
  }
}

export interface OpenGate {
  readonly gate: Gate;
  readonly behind: FakeGate;
  /** Resolves when everything said so far has arrived. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** The same questions to a gate in this process and to one behind a socket. */
export function gateContract(name: string, open: () => Promise<OpenGate>): void {
  describe(`a gate ${name}`, () => {
    let opened: OpenGate | null = null;
    const start = async (): Promise<OpenGate> => {
      opened = await open();
      return opened;
    };
    afterEach(async () => {
      await opened?.close();
      opened = null;
    });

    it('answers with the verdict of whoever stands behind it', async () => {
      const { gate } = await start();
      const ask = (flags: number) => gate.request(rowWith({ flags }, { target: '/a' }), 3, 1000.5);
      expect(await ask(0)).toEqual(ALLOW);
      expect(await ask(1)).toEqual(BLOCK);
      expect(await ask(2)).toEqual({ ...ALLOW, limit: { ...LIMIT, exceeded: false } });
    });

    it('hands over every fact and text', async () => {
      const { gate, behind } = await start();
      const rows = rowWith(
        { timeMs: 1_700_000_000_000.25, bytes: -1, ipLo: -5, status: 429, method: 3, kind: 1, contentField: 5 },
        { target: '/käse?x=1', agent: 'agent/1', host: 'api.example', content: "' or 1=1" },
      );
      await gate.request(rows, 3, 7);
      expect(behind.told).toEqual([['request', 7, contentOf(rows, 3)]]);
    });

    it('takes outcomes, business events and solved challenges in the order in which they are told', async () => {
      const { gate, behind, settled } = await start();
      const rows = rowWith({ status: 200 }, { target: '/b' });
      gate.response(rows, 3, 10, true);
      gate.business(rows, 3, 11);
      gate.solved('a1', 'scraping', 12);
      gate.response(rows, 3, 13, false);
      gate.response(rows, 3, 14, true, true);
      gate.lasts(rows, 3, 15, false);
      gate.lasts(rows, 3, 16, true);
      await settled();
      const content = contentOf(rows, 3);
      expect(behind.told).toEqual([
        ['response', 10, true, content],
        ['business', 11, content],
        ['solved', 'a1', 'scraping', 12],
        ['response', 13, false, content],
        ['response', 14, true, content, 'goes on'],
        ['lasts', 15, content],
        ['ended', 16, content],
      ]);
    });

    it('spends a value once', async () => {
      const { gate } = await start();
      expect(await gate.spend('n1', 99)).toBe('first');
      expect(await gate.spend('n1', 99)).toBe('seen');
      expect(await gate.spend('n2', 99)).toBe('first');
      expect(await gate.spend('one too many', 99)).toBe('full');
    });

    it('lets rows be used again once a call is answered, and keeps a thousand calls apart', async () => {
      const { gate, behind } = await start();
      const rows = rowWith({}, { target: '/c' });
      const answers = [];
      for (let i = 0; i < 1000; i++) {
        rows.flags[3] = i % 2;
        answers.push(gate.request(rows, 3, i));
      }
      const verdicts = await Promise.all(answers);
      expect(verdicts.map((v) => v.action)).toEqual(verdicts.map((_, i) => (i % 2 === 1 ? 'block' : 'allow')));
      expect(behind.told).toHaveLength(1000);
    });
  });
}

/** A folder with a short name, and the function that removes it. */
export function shortFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sp-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
