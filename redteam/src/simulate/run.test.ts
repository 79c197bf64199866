import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Answer, Exchange, Request, Source, Visitor } from '../contract.ts';
import { Random } from '../core/random.ts';
import { compose, type Registry, simulatedSite } from './compose.ts';
import { Combined, Events } from './formats.ts';
import { Loot } from './gain.ts';
import type { Verdict } from './interference.ts';
import { record } from './record.ts';
import { run } from './run.ts';
import { Shipping } from './shipping.ts';
import { smallScenario, testRegistry } from './testing.ts';
import { readTruth, TruthLog } from './truth.ts';

const base = mkdtempSync(join(tmpdir(), 'redteam-'));
afterAll(() => rmSync(base, { recursive: true }));
const registry = testRegistry;

function exchangesOf(seed: number, more = {}): Exchange[] {
  const exchanges: Exchange[] = [];
  run(smallScenario(), seed, (exchange) => exchanges.push(exchange), { registry, ...more });
  return exchanges;
}

describe('run', () => {
  it('gives exchanges in the order of their start, within the world', () => {
    const { startMs, endMs } = compose(smallScenario(), 1, registry).plan;
    const times = exchangesOf(1).map(({ timeMs }) => timeMs);
    expect(times.length).toBeGreaterThan(3000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(startMs);
    expect(times.at(-1)).toBeLessThan(endMs);
  });

  it('counts what it sent', () => {
    const exchanges: Exchange[] = [];
    const result = run(smallScenario(), 2, (exchange) => exchanges.push(exchange), { registry });
    expect(result.exchanges).toBe(exchanges.length);
    expect(result.attackExchanges).toBe(exchanges.filter(({ label }) => label.campaign !== '').length);
    expect(Object.values(result.cohorts).reduce((a, b) => a + b)).toBe(exchanges.length);
    for (const { plan, exchanges: n, gain, firstMs } of result.campaigns) {
      const own = exchanges.filter(({ label }) => label.campaign === plan.name);
      expect(n).toBe(own.length);
      expect(gain).toBe(own.reduce((sum, { answer }) => sum + answer.gain, 0));
      expect(firstMs).toBe(own[0].timeMs);
    }
    // The crowd comes on top of 4000, the campaigns are one in twenty of the rest.
    expect(result.exchanges).toBeGreaterThan(3500);
    expect(result.exchanges).toBeLessThan(6000);
  });

  it('leaves the benign world alone when campaigns are left out', () => {
    const peace = { ...smallScenario(), campaigns: [] };
    const benign = (exchanges: Exchange[]) => {
      return exchanges
        .filter(({ label }) => label.campaign === '')
        .map(({ timeMs, request }) => [timeMs, request.target]);
    };
    const exchanges: Exchange[] = [];
    run(peace, 1, (exchange) => exchanges.push(exchange), { registry });
    const [quiet, loud] = [benign(exchanges), benign(exchangesOf(1))];
    // Visitors arrive as before; answers take a little more or less time, so that later steps move.
    expect(quiet.slice(0, 20)).toEqual(loud.slice(0, 20));
  });

  it('names the source whose visitor goes back in time', () => {
    class Backward implements Visitor {
      readonly label = { cohort: 'backward', campaign: '', family: '', level: '' } as const;
      nextAt = Date.UTC(2025, 2, 3, 1);
      send(): Request {
        return { client: { address: '::1', agent: '', protocol: 'HTTP/1.1', headers: {} }, method: 'GET', target: '/' };
      }
      receive(): void {
        this.nextAt -= 1;
      }
    }
    const source: Source = {
      name: 'b',
      *arrivals() {
        yield new Backward();
      },
    };
    const broken: Registry = { ...registry, populations: { walkers: () => source } };
    expect(() => run(smallScenario(), 1, () => {}, { registry: broken })).toThrow(/^backward: .*back in time/);
  });

  it('lets something stand in between', () => {
    const seen: number[] = [];
    const verdicts: Verdict[] = [
      { handling: 'served' },
      { handling: 'refused', status: 429 },
      { handling: 'challenged' },
    ];
    verdicts.push({ handling: 'delayed', delayMs: 5000 });
    const interference = {
      handle: (_: Request, timeMs: number) => verdicts[timeMs % 4],
      observe: ({ answer }: { answer: Answer }) => seen.push(answer.status),
    };
    const exchanges = exchangesOf(1, { interference });
    expect(seen.length).toBe(exchanges.length);
    for (const { timeMs, answer } of exchanges) {
      const { handling } = verdicts[timeMs % 4];
      expect(answer.handling).toBe(handling);
      if (handling === 'refused') expect(answer).toMatchObject({ status: 429, gain: 0, events: [] });
      if (handling === 'challenged') expect(answer.status).toBe(401);
      if (handling === 'delayed') expect(answer.durationMs).toBeGreaterThanOrEqual(5000);
    }
  });
});

it('lets those through a challenge who solved it', () => {
  const scenario = { ...smallScenario(), campaigns: [] };
  const solving: Registry = {
    ...registry,
    populations: {
      walkers: (plan, world) => {
        const source = registry.populations.walkers(plan, world);
        return { name: source.name, arrivals: () => map(source.arrivals(), solvingVisitor) };
      },
    },
  };
  const handlings = new Set<string>();
  const interference = { handle: (): Verdict => ({ handling: 'challenged' }) };
  run(scenario, 1, ({ answer }) => handlings.add(answer.handling), { registry: solving, interference });
  // The crowd solves nothing.
  expect([...handlings].sort()).toEqual(['challenged', 'served']);
});

function* map<A, B>(items: Iterator<A>, change: (item: A) => B): Generator<B> {
  for (let next = items.next(); !next.done; next = items.next()) yield change(next.value);
}

function solvingVisitor(visitor: Visitor): Visitor {
  return {
    label: visitor.label,
    get nextAt() {
      return visitor.nextAt;
    },
    send: () => ({ ...visitor.send(), solved: true }),
    receive: (answer, nowMs) => visitor.receive(answer, nowMs),
  };
}

describe('record', () => {
  const files = [
    'access.log',
    'events.jsonl',
    'run.json',
    'truth/truth.json',
    'truth/timeMs.bin',
    'truth/address.json',
  ];
  const bytesOf = (directory: string) => files.map((file) => readFileSync(join(directory, file), 'latin1'));

  it('writes the same bytes for the same seed, and others for another', () => {
    for (const [name, seed] of [
      ['a', 1],
      ['b', 1],
      ['c', 2],
    ] as const) {
      record(smallScenario(), seed, join(base, name), 'both', { registry });
    }
    expect(bytesOf(join(base, 'a'))).toEqual(bytesOf(join(base, 'b')));
    const [first, other] = [bytesOf(join(base, 'a')), bytesOf(join(base, 'c'))];
    for (let i = 0; i < files.length; i++) expect(first[i]).not.toBe(other[i]);
  });

  it('writes a log line for all that was not lost, and the truth for all', () => {
    const directory = join(base, 'd');
    const { result, lost, logs } = record(smallScenario(), 5, directory, 'combined', { registry });
    expect(Object.keys(logs)).toEqual(['access.log']);
    expect(lost).toBeGreaterThan(100);
    const lines = readFileSync(join(directory, 'access.log'), 'utf8').split('\n').slice(0, -1);
    expect(lines.length).toBe(result.exchanges - lost);
    const truth = readTruth(join(directory, 'truth'));
    expect(truth.rows).toBe(result.exchanges);
    expect([...truth.loggedMs].filter(Number.isNaN).length).toBe(lost);
    expect(truth.about).toMatchObject({ scenario: 'small', seed: '5' });
  });
});

describe('TruthLog', () => {
  it('gives back what was added, from memory and from disk', () => {
    const exchanges = exchangesOf(3);
    const log = new TruthLog();
    for (const exchange of exchanges) log.add(exchange);
    log.write(join(base, 'truth'), { seed: 3 });
    const memory = log.finish({ seed: 3 });
    const disk = readTruth(join(base, 'truth'));
    expect(disk).toEqual(memory);
    exchanges.forEach(({ timeMs, request, answer, label }, row) => {
      expect(disk.timeMs[row]).toBe(timeMs);
      expect(disk.labels[disk.label[row]]).toEqual(label);
      expect(disk.texts.address[disk.address[row]]).toBe(request.client.address);
      expect(disk.texts.agent[disk.agent[row]]).toBe(request.client.agent);
      expect(disk.texts.session[disk.session[row]]).toBe(answer.session);
      expect(disk.texts.principal[disk.principal[row]]).toBe(answer.principal);
      expect(disk.status[row]).toBe(answer.status);
      expect(disk.gain[row]).toBe(answer.gain);
    });
  });

  it('grows over its chunks', () => {
    const log = new TruthLog();
    const [exchange] = exchangesOf(1);
    for (let i = 0; i < 65_536 + 10; i++) log.add({ ...exchange, timeMs: i }, i === 65_540 ? Number.NaN : i + 3);
    log.write(join(base, 'long'));
    const { timeMs, loggedMs, rows } = readTruth(join(base, 'long'));
    expect(rows).toBe(65_546);
    expect(timeMs.every((time, i) => time === i)).toBe(true);
    expect([...loggedMs.subarray(65_540, 65_542)]).toEqual([Number.NaN, 65_544]);
  });

  it('is refused when part of it is missing', () => {
    expect(() => readTruth(join(base, 'nothing'))).toThrow(/nothing\/truth\.json/);
  });
});

describe('Shipping', () => {
  const log = { servers: 2, skew: '1ms', lost: 0, late: 0, lateBy: '1s' };
  const exchange = (timeMs: number, durationMs: number) => {
    const client = { address: `192.0.2.${timeMs % 251}` };
    return { timeMs, answer: { durationMs }, request: { client } } as unknown as Exchange;
  };

  it('writes in the order in which answers were out', () => {
    const out: number[] = [];
    const shipping = new Shipping(log, [], new Random(1), ({ timeMs }) => out.push(timeMs));
    for (const [at, took] of [
      [0, 100],
      [10, 5],
      [20, 500],
      [30, 1],
      [700, 1],
    ])
      shipping.offer(exchange(at, took));
    shipping.close();
    expect(out).toEqual([10, 30, 0, 20, 700]);
  });

  it('suffers as long as it is told, on the servers it is told', () => {
    const plan = (kind: string, options: Record<string, string | number>) => {
      return { name: kind, kind, cohort: '', requestsPerDay: 0, startMs: 1000, endMs: 2000, options };
    };
    const skews = new Map<number, number>();
    const troubles = [plan('clock-skew', { by: '1h', server: 'all' }), plan('lost-events', { share: 1, server: 0 })];
    const shipping = new Shipping(log, troubles, new Random(1), ({ timeMs }, skew) => skews.set(timeMs, skew));
    const logged = Array.from({ length: 300 }, (_, i) => shipping.offer(exchange(i * 10, 1)));
    const lost = logged.map(Number.isNaN);
    shipping.close();
    for (const [at, skew] of skews) {
      expect(Math.abs(skew) > 3_000_000).toBe(at >= 1000 && at < 2000);
      expect(logged[at / 10]).toBe(at + skew);
    }
    const hit = lost.filter(Boolean).length;
    expect(lost.slice(0, 100).some(Boolean) || lost.slice(200).some(Boolean)).toBe(false);
    expect(hit).toBeGreaterThan(25);
    expect(hit).toBeLessThan(75);
  });
});

describe('lines', () => {
  const answer: Answer = {
    status: 200,
    bytes: 12,
    durationMs: 1499.6,
    handling: 'served',
    body: {},
    principal: 'anna',
    session: 's1',
    credential: '',
    events: [{ name: 'login.failed', principal: 'b"en', object: 'x' }],
    gain: 0,
  };
  const client = { address: '2001:db8::1', agent: 'a "b" \\ é\n', protocol: 'HTTP/2.0', headers: {} };
  const request: Request = { client, method: 'GET', target: '/a?b="', referrer: 'https://r/' };
  const label = { cohort: 'x', campaign: '', family: '', level: '' } as const;
  const exchange: Exchange = { timeMs: Date.UTC(2025, 11, 31, 23, 59, 59), request, answer, label };

  it('are what nginx writes', () => {
    expect(new Combined().lines(exchange, 0)).toBe(
      '2001:db8::1 - anna [01/Jan/2026:00:00:00 +0000] "GET /a?b=\\x22 HTTP/2.0" 200 12 "https://r/" ' +
        '"a \\x22b\\x22 \\x5C \\xC3\\xA9\\x0A" 1.500 s1 -\n',
    );
  });

  it('are what an application writes', () => {
    const [first, second] = new Events('shop.example')
      .lines(exchange, 7)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toEqual({
      type: 'exchange',
      time_ms: exchange.timeMs + 7,
      address: '2001:db8::1',
      host: 'shop.example',
      method: 'GET',
      target: '/a?b="',
      protocol: 'HTTP/2.0',
      referrer: 'https://r/',
      user_agent: 'a "b" \\ é\n',
      principal: 'anna',
      session: 's1',
      status: 200,
      response_bytes: 12,
      duration_ms: 1499.6,
    });
    expect(second).toMatchObject({ type: 'business', name: 'login.failed', principal: 'b"en', object: 'x' });
    expect(second.time_ms).toBe(Math.round(exchange.timeMs + 7 + 1499.6));
  });
});

describe('Loot', () => {
  const scenario = smallScenario();
  const composed = compose(scenario, 1, registry);
  const site = simulatedSite(scenario, 1, composed);
  const client = { address: '192.0.2.1', agent: '', protocol: 'HTTP/1.1', headers: {} };
  const get = (target: string): Request => ({ client, method: 'GET', target });
  const take = (loot: Loot, request: Request) => loot.take(request, site.answer(request, composed.plan.startMs));

  it('counts each thing once, and only what the family came for', () => {
    const scraping = new Loot('scraping', site);
    expect(take(scraping, get('/v1/items?limit=10'))).toBe(10);
    expect(take(scraping, get('/v1/items/5'))).toBe(0);
    expect(take(scraping, get('/v1/items/11'))).toBe(1);
    expect(take(new Loot('stuffing', site), get('/v1/items/11'))).toBe(0);
    const probing = new Loot('probing', site);
    expect(take(probing, get('/v1/healthz'))).toBe(1);
    expect(take(probing, get('/v1/healthz?again'))).toBe(0);
    expect(take(probing, get('/.env'))).toBe(0);
  });

  it('gives nothing for what was refused', () => {
    const loot = new Loot('scraping', site);
    const request = get('/v1/items/12');
    const answer = site.answer(request, composed.plan.startMs);
    expect(loot.take(request, { ...answer, handling: 'refused' })).toBe(0);
    expect(loot.take(request, answer)).toBe(1);
  });
});
