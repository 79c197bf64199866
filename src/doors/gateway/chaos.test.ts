/**
 * Clients, an application and an owner of state that do everything wrong, in an order that follows from a seed: whatever
 * happens, every exchange ends, every row of facts is given back, and the next request is served.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DETECTORS } from '../../detectors/index.ts';
import { ALLOW, type Gate, type Verdict } from '../../runtime/live/verdict.ts';
import { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { uniform } from './guard/testing.ts';
import { openHouse } from './testing.ts';
import { Closing, served } from './upstream/testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

const REQUESTS = 240;
const AT_ONCE = 24;
const BUDGET_MS = 15;
const SETTLED_MS = 10_000;

const SERVER_HABITS = ['well', 'chunks', 'reset', 'half', 'events', 'silent'] as const;
const CLIENT_HABITS = ['patient', 'patient', 'hasty', 'leaves', 'half-sent', 'pipelines', 'upgrades'] as const;
const OWNER_HABITS = ['allow', 'allow', 'later', 'never', 'rejects', 'throws', 'block', 'throttle', 'tarpit'] as const;

type Draw = <T>(values: readonly T[]) => T;

function drawFrom(seed: number): Draw {
  const next = uniform(seed);
  return (values) => values[Math.floor(next() * values.length)];
}

/** Answers /HABIT/N in the way of the habit. */
function misbehave(req: IncomingMessage, res: ServerResponse): void {
  const [, habit] = (req.url ?? '').split('/');
  req.resume().on('error', () => {});
  res.on('error', () => {});
  if (habit === 'reset') req.socket.resetAndDestroy();
  else if (habit === 'half') {
    res.writeHead(200, { 'Content-Length': 1000 });
    res.write('some', () => res.destroy());
  } else if (habit === 'events') {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('data: for ever\n\n');
  } else if (habit === 'chunks') {
    res.write('one');
    res.end('two');
  } else if (habit !== 'silent') res.end('well');
}

function application(): Promise<string> {
  const server = createServer(misbehave);
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.resume().once('end', () => socket.end());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  });
  return served(closing, server);
}

/** An owner of state in another process, as bad as it can be. */
function badOwner(draw: Draw): Gate {
  const answer = (action: Verdict['action'], delayMs = 0): Verdict => ({
    ...ALLOW,
    action,
    planned: action,
    actor: 'ip-1',
    delayMs,
    untilMs: 1,
  });
  return {
    request(): Verdict | Promise<Verdict> {
      const habit = draw(OWNER_HABITS);
      if (habit === 'throws') throw new Error('the owner throws');
      if (habit === 'rejects') return Promise.reject(new Error('the owner is lost'));
      if (habit === 'never') return new Promise(() => {});
      if (habit === 'later') return new Promise((resolve) => setTimeout(resolve, draw([1, BUDGET_MS * 2]), ALLOW));
      return habit === 'allow' ? ALLOW : answer(habit, 3);
    },
    response: () => {
      if (draw([0, 0, 0, 0, 1]) === 1) throw new Error('the owner throws');
    },
    lasts: () => {},
    business: () => {},
    spend: () => 'seen',
    solved: () => {},
    departed: () => {},
  };
}

const rejected = new Set(['the owner throws']);

async function gateway(seed: number): Promise<Gateway> {
  const settings = {
    gateway: {
      timeout_s: 0.4,
      tarpit: { delay_s: 0.05 },
      routes: [{ match: { path: '/**' }, scoring_budget_ms: BUDGET_MS, fail: 'open' }],
    },
  };
  const house = await openHouse({ upstream: await application(), settings, ephemeral: true });
  closing.add(() => house.close());
  const { loaded, config, live } = house;
  const onDefect = (error: unknown): void => {
    if (!rejected.has((error as Error).message)) throw error;
  };
  const detectors = DETECTORS.map((d) => d.id);
  const telemetry = new Telemetry({ config, version: 'test', detectors, clock: Date.now, onDefect });
  const { enrichment, secrets } = live;
  const gate = badOwner(drawFrom(seed));
  const opened = await openGateway({ loaded, gate, enrichment, secrets, telemetry });
  closing.add(async () => {
    await opened.drain(1000);
    await telemetry.close();
  });
  return opened;
}

/** One client on a connection of its own; resolves when that is closed. */
function misuse(port: number, n: number, draw: Draw): Promise<void> {
  const habit = draw(CLIENT_HABITS);
  const head = (method: string, more: string): string =>
    `${method} /${draw(SERVER_HABITS)}/${n} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.once('connect', () => {
      if (habit === 'half-sent') socket.write(head('POST', 'Content-Length: 50\r\n'));
      else if (habit === 'pipelines') socket.write(head('GET', '') + head('GET', '') + head('GET', ''));
      else if (habit === 'upgrades') socket.write(head('GET', UPGRADE));
      else socket.write(head('GET', 'Connection: close\r\n'));
      if (habit === 'half-sent' || habit === 'hasty') setTimeout(() => socket.destroy(), draw([0, 1, 5, 30]));
      // The others would wait for ever for an application that goes on.
      else setTimeout(() => socket.destroy(), 600);
    });
    socket.on('data', () => {
      if (habit === 'leaves' || habit === 'pipelines' || habit === 'upgrades') socket.destroy();
    });
  });
}

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describe('whatever happens', () => {
  it.each([1, 2])('every exchange ends and every row is given back (seed %i)', async (seed) => {
    const opened = await gateway(seed);
    const { port } = opened.listeners.addresses[0];
    const draw = drawFrom(seed + 100);
    let next = 0;
    let most = 0;
    const client = async (): Promise<void> => {
      while (next < REQUESTS) {
        await misuse(port, next++, draw);
        most = Math.max(most, opened.rowsOnLoan());
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    await vi.waitFor(() => expect([opened.inFlight(), opened.rowsOnLoan()]).toEqual([0, 0]), SETTLED_MS);
    // It did hold some, or this would prove nothing.
    expect(most).toBeGreaterThan(0);
    await vi.waitFor(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/well/${next++}`, { signal: AbortSignal.timeout(1000) });
      expect([answer.status, await answer.text()]).toEqual([200, 'well']);
    }, SETTLED_MS);
  });
});
