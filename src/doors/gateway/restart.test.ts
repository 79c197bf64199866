/** What stands survives a restart under its own id, what was taken back stays so, and no load sets anybody free. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KEY_VALUES, type KeyProgram } from '../../engine/program.ts';
import { STATE_FILE } from '../../record/snapshot.ts';
import { DEGRADATION } from '../../runtime/live/runtime.ts';
import { type House, openHouse } from './testing.ts';
import { Closing, httpUpstream } from './upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

const START_MS = Date.UTC(2025, 5, 2, 8);
const BAD = '198.51.100.7';
const OTHER = '203.0.113.9';

/** One data directory, and gateways that follow each other on it under one clock. */
class Site {
  nowMs = START_MS;
  templates = ['/items/{id}'];
  readonly notes: string[] = [];
  house!: House;
  private readonly dir = mkdtempSync(join(tmpdir(), 'sallyport-restart-'));
  private upstream = '';

  static async open(): Promise<Site> {
    const site = new Site();
    closing.add(() => rmSync(site.dir, { recursive: true, force: true }));
    site.upstream = await httpUpstream(closing, (_, res) => res.end('served'));
    await site.start();
    return site;
  }

  async start(): Promise<void> {
    const settings = {
      records: { data_dir: this.dir },
      seed: 0,
      decoys: ['/trap'],
      routes: { templates: this.templates.map((template) => ({ template })) },
      policies: [{ name: 'traps', class: 'decoy', ladder: ['block'], at_once: true, ttl_s: [7200], mode: 'enforce' }],
    };
    const onNote = (text: string) => this.notes.push(text);
    this.house = await openHouse({ upstream: this.upstream, settings, dir: this.dir, clock: () => this.nowMs, onNote });
    const { house } = this;
    closing.add(() => house.close());
  }

  async restart(): Promise<void> {
    await this.house.close();
    this.nowMs += 5000;
    await this.start();
  }

  /** Ends as after a power cut: of what is known of callers, the next run has what was kept at that time. */
  async cutOff(kept: Buffer): Promise<void> {
    await this.house.close();
    writeFileSync(this.state, kept);
    this.nowMs += 5000;
    await this.start();
  }

  get state(): string {
    return join(this.dir, STATE_FILE);
  }

  /** Asks once, and tells how many requests are counted of the address then. */
  async counted(address: string): Promise<number> {
    await this.get('/items/1', address);
    const { batch, program } = this.house.live.runtime.parts.engine;
    const ip = program.keys.find((key) => key.name === 'ip') as KeyProgram;
    return batch.values[ip.value + KEY_VALUES.requests];
  }

  async get(path: string, address: string): Promise<number> {
    this.nowMs += 200;
    const response = await fetch(this.house.url + path, { headers: { 'x-forwarded-for': address } });
    await response.arrayBuffer();
    return response.status;
  }

  /** Ids and states of what stands. */
  standing(): string[][] {
    return this.operator.mitigations({ active: true }).map((m) => [m.id, m.actor.key, m.status]);
  }

  get operator() {
    return this.house.live.operator;
  }
}

describe('after a restart', () => {
  it('the same mitigation stands, is shown before its actor comes back, and counts on', async () => {
    const site = await Site.open();
    expect(await site.get('/trap', BAD)).toBe(403);
    await site.operator.second(site.nowMs);
    const [before] = site.operator.mitigations();
    await site.restart();
    const [after] = site.operator.mitigations();
    const { id, actor, class: name, action, until, started_at, sentence } = before;
    expect(after).toMatchObject({ id, actor, class: name, action, until, sentence, status: 'active' });
    expect(Math.abs(Date.parse(after.started_at) - Date.parse(started_at))).toBeLessThanOrEqual(1000);
    expect(after.reasons.map((r) => [r.detector, r.nats])).toEqual(before.reasons.map((r) => [r.detector, r.nats]));
    expect([await site.get('/items/1', BAD), await site.get('/items/1', OTHER)]).toEqual([403, 200]);
    expect(site.standing()).toEqual([[id, BAD, 'active']]);
    expect(site.operator.mitigation(id).requests_met).toBe(1);
  });

  it('it can be taken back, stays so, and the grace goes on', async () => {
    const site = await Site.open();
    await site.get('/trap', BAD);
    await site.restart();
    const [[id]] = site.standing();
    const receipt = await site.operator.undo(id, 'operator:test', 'a mistake');
    expect([receipt.lifted, receipt.grace.detectors]).toEqual([[id], ['decoy']]);
    expect(await site.get('/items/1', BAD)).toBe(200);
    for (let i = 0; i < 2; i++) {
      await site.restart();
      expect(site.standing()).toEqual([]);
      // Within the grace the same evidence is not held against it; against others it is.
      expect([await site.get('/trap', BAD), await site.get('/items/1', BAD)]).toEqual([200, 200]);
    }
    expect(await site.get('/trap', OTHER)).toBe(403);
    site.nowMs += 3_700_000;
    expect(await site.get('/trap', BAD)).toBe(403);
  });

  it('what was taken back before it was on record does not come back', async () => {
    const site = await Site.open();
    await site.get('/trap', BAD);
    const [[id, , status]] = site.standing();
    expect(status).toBe('pending');
    await site.operator.undo(id, 'operator:test', 'at once');
    await site.restart();
    expect([site.standing(), await site.get('/items/1', BAD)]).toEqual([[], 200]);
  });
});

describe('what is known of callers', () => {
  it('is known after a restart, and what stands needs not be imposed again', async () => {
    const site = await Site.open();
    for (let n = 1; n <= 5; n++) expect(await site.counted(OTHER)).toBe(n);
    await site.get('/trap', BAD);
    const { actors } = site.operator.status();
    await site.restart();
    expect(site.operator.status().actors).toEqual(actors);
    // The policy, and nothing else.
    expect(site.operator.status().events).toBe(1);
    expect(await site.counted(OTHER)).toBe(6);
    expect([await site.get('/items/1', BAD), site.standing().length]).toEqual([403, 1]);
    // A second one begins with what the first has added.
    await site.restart();
    expect(await site.counted(OTHER)).toBe(7);
  });

  it('is given up where routes are numbered otherwise, and kept where they are only more', async () => {
    const site = await Site.open();
    expect(await site.counted(OTHER)).toBe(1);
    site.templates = ['/items/{id}', '/orders/{id}'];
    await site.restart();
    expect([await site.counted(OTHER), site.notes]).toEqual([2, []]);
    site.templates = ['/orders/{id}'];
    await site.restart();
    expect(await site.counted(OTHER)).toBe(1);
    expect(site.notes).toEqual([expect.stringMatching(/^SP5002: .* differs in routes$/)]);
  });

  it('is kept while it runs, too', async () => {
    const site = await Site.open();
    await site.counted(OTHER);
    expect(existsSync(site.state)).toBe(false);
    site.nowMs += 300_000;
    await vi.waitFor(() => expect(existsSync(site.state)).toBe(true), { timeout: 5000 });
    await site.cutOff(readFileSync(site.state));
    expect(await site.counted(OTHER)).toBe(2);
  });

  it('gives way to the ledger where that knows more', async () => {
    const site = await Site.open();
    await site.counted(OTHER);
    await site.restart();
    const before = readFileSync(site.state);
    await site.get('/trap', BAD);
    await site.cutOff(before);
    const [[id]] = site.standing();
    expect(await site.get('/items/1', BAD)).toBe(403);
    const during = readFileSync(site.state);
    await site.operator.undo(id, 'operator:test', 'a mistake');
    await site.cutOff(during);
    expect([site.standing(), await site.get('/items/1', BAD)]).toEqual([[], 200]);
    // The grace goes on over it, and over the next one.
    await site.restart();
    expect([await site.get('/trap', BAD), await site.get('/items/1', BAD)]).toEqual([200, 200]);
    expect(await site.get('/trap', OTHER)).toBe(403);
  });
});

describe('when nothing is scored any more', () => {
  it('who was stopped stays stopped, and everybody else passes', async () => {
    const site = await Site.open();
    await site.get('/trap', BAD);
    const { runtime } = site.house.live;
    runtime.setDegradation(DEGRADATION.counters, 'test', site.nowMs);
    expect([await site.get('/items/1', BAD), await site.get('/trap', OTHER)]).toEqual([403, 200]);
    site.nowMs += 7_300_000;
    expect(await site.get('/items/1', BAD)).toBe(200);
  });
});
