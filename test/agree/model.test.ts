/**
 * What the gateway learns while it runs: which models come into force, that a replay of the journal takes them over at the same
 * places, that the next start begins with them, and that a flood does not become the norm.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../src/doors/gateway/testing.ts';
import { runReplay } from '../../src/doors/replay/replay.ts';
import { VERSION } from '../../src/doors/replay/try.ts';
import { EMPTY_MODEL, type LearnedModel, PRIOR_BASELINES } from '../../src/enrich/model.ts';
import { evolve } from '../../src/learn/evolve.ts';
import { ModelLearner } from '../../src/learn/learner.ts';
import type { JournalDirectory } from '../../src/record/journal/directory.ts';
import { journalFolderAt, segmentNames } from '../../src/record/journal/format.ts';
import { openLedger } from '../../src/record/ledger/lmdb/open.ts';
import type { MakeModel } from '../../src/runtime/live/learning.ts';

const START_MS = Date.UTC(2025, 2, 3, 9);
const base = mkdtempSync(join(tmpdir(), 'sallyport-agree-model-'));
let upstream: Server;
let nowMs = START_MS;
let house: House | null = null;

beforeAll(async () => {
  upstream = createServer((req, res) => {
    const path = (req.url ?? '').split('?', 1)[0];
    const known = /^\/(items\/\d+|orders\/\d+\/lines|cart|search)?$/.test(path);
    req.resume();
    if (path === '/login') res.writeHead(401).end();
    else res.writeHead(known ? 200 : 404).end('{}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await house?.close();
  house = null;
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
  rmSync(base, { recursive: true, force: true });
});

/** The same as on another thread, here: what is tested elsewhere needs no thread. */
const here: MakeModel = async ({ seed, routes, previous, ...evolution }, pieces) => {
  const learner = new ModelLearner({ seed, routes, live: true });
  for (const piece of pieces) if (piece !== null) learner.load(structuredClone(piece));
  return evolve(previous, learner.finish(), evolution);
};

async function open(name: string, settings: Record<string, unknown> = {}, makeModel?: MakeModel): Promise<House> {
  const dir = join(base, name);
  house = await openHouse({
    upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    dir,
    version: VERSION,
    clock: () => nowMs,
    makeModel,
    settings: {
      seed: 0,
      records: { data_dir: dir },
      learning: { first_after_requests: 100, baselines_after_s: 60 },
      ...settings,
    },
  });
  return house;
}

async function ask(path: string, address: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch((house as House).url + path, {
    method: path === '/login' ? 'POST' : 'GET',
    headers: { 'X-Forwarded-For': address, 'User-Agent': 'Mozilla/5.0 (X11; Linux) Firefox/130.0', ...headers },
  });
  await response.arrayBuffer();
  return response.status;
}

let state = 1;

/** A query that does not compress, so that a journal fills its segments. */
function noise(length: number): string {
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text === '' ? '' : `?pad=${text}`;
}

/** People who use the shop as it is meant, each at an address of their own. */
async function people(rounds: number, from = 0, padding = 0): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    nowMs += 2500;
    const paths = [`/items/${from + i * 3}`, `/orders/${from + i}/lines`, '/cart', '/', '/search'];
    await Promise.all(
      Array.from({ length: 30 }, (_, p) =>
        ask(`${paths[(i + p) % paths.length]}${noise(padding)}`, `203.0.113.${p + 1}`),
      ),
    );
  }
}

const templatesOf = ({ routes }: LearnedModel) => routes.map((r) => r.template).sort();
const learned = ({ live }: House): LearnedModel => live.models.current;

describe('a gateway that learns', () => {
  it('comes to know routes and baselines after the first exchanges, and its replay takes them over at the same place', async () => {
    const { live } = await open('whole', {
      records: { data_dir: join(base, 'whole'), journal: { segment_bytes: 65_536 } },
    });
    expect(live.operator.status()).toMatchObject({ model: 'prior', model_learned_at: '', routes_known: 0 });
    await people(8);
    expect(live.learning.status().seen).toBeGreaterThan(200);
    await live.learning.tick(nowMs);
    // Enough were seen, but not for long enough.
    expect(learned(house as House)).toBe(EMPTY_MODEL);
    nowMs += 60_000;
    await live.learning.tick(nowMs);
    const first = learned(house as House);
    expect(templatesOf(first)).toEqual(['/', '/cart', '/items/{id}', '/orders/{id}/lines', '/search']);
    expect(first).toMatchObject({ learnedMs: nowMs, baselines: { origin: 'learned' } });
    expect(live.operator.status()).toMatchObject({
      model: first.version,
      model_learned_at: new Date(nowMs).toISOString(),
      routes_known: 5,
      learning: { enabled: true, seen: 0, wanted: 100 },
    });
    await people(12, 1000);
    for (let i = 0; i < 12; i++) await ask(`/${['.env', 'wp-login.php', '.git/config'][i % 3]}?${i}`, '198.51.100.9');
    nowMs += 600_000;
    await live.learning.tick(nowMs);
    await people(4, 2000);
    const { decision_hash, events } = live.operator.status();
    const before = learned(house as House);
    expect(before.version).not.toBe(first.version);
    await (house as House).close();

    const summary = await runReplay({ inputs: [join(base, 'whole')], onDecision: () => undefined });
    expect(summary.journal).toMatchObject({ partial: [], same_as_live: true, controls: 3 });
    expect(summary.decision_hash).toBe(decision_hash);
    expect((summary.journal?.events ?? 0) + (summary.journal?.controls ?? 0)).toBe(events);
  });

  it('writes each model beside the segments that begin under it, so that a journal without its beginning has it', async () => {
    const dir = join(base, 'segments');
    await open('segments', { records: { data_dir: dir, journal: { segment_bytes: 65_536 } } }, here);
    await people(6);
    nowMs += 60_000;
    await (house as House).live.learning.tick(nowMs);
    const { version } = learned(house as House);
    // How writes fall into blocks is a matter of time: a segment is to begin with a block that began under the model.
    const journal = (house as House).live.runtime.parts.journal as JournalDirectory;
    for (let from = 1000; from < 1004; from++) {
      await people(4, from, 700);
      expect(await journal.flush()).toBe(true);
    }
    await (house as House).close();
    const folder = journalFolderAt(dir) as string;
    const segments = segmentNames(folder);
    expect(segments.length).toBeGreaterThan(1);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['model-prior.json', `model-${version}.json`]));
    rmSync(join(folder, segments[0]));
    const summary = await runReplay({ inputs: [dir], onDecision: () => undefined });
    expect(summary.journal?.partial).toEqual([expect.stringMatching(/^rotated/)]);
  });

  it('tells the ledger, keeps the model, and begins with it the next time', async () => {
    const dir = join(base, 'kept');
    const { live } = await open('kept', {}, here);
    await people(6);
    nowMs += 60_000;
    await live.learning.tick(nowMs);
    const model = learned(house as House);
    await (house as House).close();
    expect(JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8'))).toEqual(model);
    expect(statSync(join(dir, 'model.json')).mode & 0o777).toBe(0o600);
    const ledger = await openLedger({ dataDir: dir, now: () => nowMs, version: VERSION });
    expect((await ledger.state(nowMs)).model?.data).toMatchObject({ model: model.version, exchanges: model.exchanges });
    await ledger.close();

    const again = await open('kept', { routes: { templates: [{ template: '/items/{sku}' }] } }, here);
    // What the configuration names counts before what was learned.
    expect(templatesOf(learned(again))).toEqual(['/', '/cart', '/items/{sku}', '/orders/{id}/lines', '/search']);
    expect(learned(again).baselines).toEqual(model.baselines);
    await again.close();
    writeFileSync(join(dir, 'model.json'), '{"version": 3}');
    expect(learned(await open('kept', {}, here))).toEqual(EMPTY_MODEL);
  });

  it('can be told not to, and then goes on with what it has', async () => {
    const { live } = await open('frozen', { learning: { enabled: false } }, here);
    await people(20);
    nowMs += 3_600_000;
    await live.learning.tick(nowMs);
    expect(learned(house as House)).toBe(EMPTY_MODEL);
    expect(live.operator.status().learning).toMatchObject({ enabled: false, seen: 0 });
  });

  it('goes on with the model before where a new one cannot be made', async () => {
    const failing: MakeModel = async () => {
      throw new Error('no room');
    };
    const { live } = await open('failing', {}, failing);
    await people(6);
    nowMs += 60_000;
    await live.learning.tick(nowMs);
    expect(learned(house as House)).toBe(EMPTY_MODEL);
    expect(await ask('/cart', '203.0.113.1')).toBe(200);
  });
});

describe('a flood before the first model', () => {
  it('does not become the norm: neither its pace, nor its misses, nor its paths', async () => {
    const observing = { mode: 'observe' };
    const quiet = await open('quiet', observing, here);
    await people(10);
    nowMs += 60_000;
    await quiet.live.learning.tick(nowMs);
    const usual = learned(quiet);
    await quiet.close();

    const flooded = await open('flooded', observing, here);
    for (let round = 0; round < 10; round++) {
      await people(1, round);
      // Five times what all others ask together: guessed paths, guessed passwords, and one page again and again.
      for (let i = 0; i < 10; i++)
        await Promise.all(
          Array.from({ length: 15 }, (_, n) => {
            const path = ['/login', `/backup-${round}-${i}-${n}.zip`, '/cart'][n % 3];
            return ask(path, `198.51.100.${n % 3}`);
          }),
        );
    }
    nowMs += 60_000;
    await flooded.live.learning.tick(nowMs);
    const after = learned(flooded);
    const requests = flooded.live.operator.status().requests;
    expect(requests).toBeGreaterThan(1500);
    expect(after.exchanges).toBeLessThan(requests / 2);
    expect(templatesOf(after).filter((t) => t !== '/login')).toEqual(templatesOf(usual));
    expect(after.baselines.origin).toBe('learned');
    for (const name of ['loginFailure', 'miss', 'denied', 'requestsPerMinuteP999', 'objectsPerHourP999'] as const) {
      const [least, most] = [Math.min(usual.baselines[name], PRIOR_BASELINES[name]), usual.baselines[name] * 1.1];
      expect(after.baselines[name], name).toBeGreaterThanOrEqual(least * 0.9);
      expect(after.baselines[name], name).toBeLessThanOrEqual(Math.max(most, PRIOR_BASELINES[name]));
    }
  });
});
