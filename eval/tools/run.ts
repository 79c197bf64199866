/** One tool in one setting: people first, then the tool beside them, then people alone again. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../redteam/src/core/random.ts';
import { drawAddress } from '../../redteam/src/net/addresses.ts';
import { browser } from '../../redteam/src/net/clients.ts';
import type { Aim, Tool } from './arsenal.ts';
import { type Door, openDoor } from './door.ts';
import { execute } from './execute.ts';
import { type ToolOutcome, toolOutcome, type UserOutcome, userOutcome } from './measure.ts';
import { HOST, type Stack, type Standing, startStack } from './stack.ts';
import { User } from './users.ts';
import { openWire } from './wire.ts';
import { writeLists } from './words.ts';

/** `own`: the tool has an address of its own. `shared`: twenty people are behind the same address. */
export type Setting = 'own' | 'shared';
export const SETTINGS: readonly Setting[] = ['own', 'shared'];

/** People with addresses of their own, and people behind the tool's address in the second setting. */
const ELSEWHERE = 12;
const BESIDE = 20;
/** How long people are there before the tool and after it, in ms; they come one by one over the first part of it. */
export const BEFORE_MS = 20_000;
const AFTER_MS = 3000;
const ARRIVAL_MS = 8000;
/** Most requests a second of a tool. */
const MOST_PER_SEC = 200;

export interface RunPlan {
  readonly tool: Tool;
  readonly setting: Setting;
  readonly seed: string;
  readonly seconds: number;
  /** Tools that can, hide behind the User-Agent of a browser. */
  readonly disguised: boolean;
  readonly keep: boolean;
}

export interface RunResult {
  readonly plan: RunPlan;
  readonly tool: ToolOutcome;
  readonly beside: UserOutcome;
  readonly elsewhere: UserOutcome;
  /** What stood about anybody, first that came first. */
  readonly mitigations: readonly Standing[];
  /** Why the run says nothing about the product; '' where it does. */
  readonly failure: string;
  /** Where journal and lists are, if they were to be kept. */
  readonly folder: string;
}

/** A run whose people are there already, so that the next one can get ready beside this one. */
export interface Prepared {
  /** Lets the tool loose, and ends everything. */
  attack(): Promise<RunResult>;
  /** Ends everything without a tool. */
  cancel(): Promise<void>;
}

export async function prepare(plan: RunPlan): Promise<Prepared> {
  const random = new Random(`${plan.seed}/${plan.tool.name}/${plan.setting}`);
  const stack = await startStack(plan.seed);
  const address = drawAddress('residential', random.fork('address'));
  const users = people(plan, stack, address, random);
  const running = users.map(async (user, i) => {
    await sleep((ARRIVAL_MS * i) / users.length);
    await user.run();
  });
  const ready = sleep(BEFORE_MS);
  const cancel = async (): Promise<void> => {
    for (const user of users) user.stop();
    await stack.close(plan.keep);
    await Promise.all(running);
  };
  const attack = async (): Promise<RunResult> => {
    try {
      await ready;
      return await observed(plan, stack, address, random);
    } finally {
      await cancel();
    }
  };
  return { attack, cancel };
}

async function observed(plan: RunPlan, stack: Stack, address: string, random: Random): Promise<RunResult> {
  const { book, folder } = stack;
  const loose = await letLoose(plan, stack, address, random).catch(
    (error: Error): Loose => ({ gaveUp: false, failure: error.message, endMs: Date.now(), mitigations: [] }),
  );
  await sleep(AFTER_MS);
  const nowMs = Date.now();
  const tool = toolOutcome(book.of('tool'), loose.endMs, loose.gaveUp);
  const lines = book.all().map((a) => `${JSON.stringify(a)}\n`);
  if (plan.keep) writeFileSync(join(folder, 'requests.jsonl'), lines.join(''));
  return {
    plan,
    tool,
    beside: userOutcome(book.of('beside'), nowMs),
    elsewhere: userOutcome(book.of('elsewhere'), nowMs),
    mitigations: loose.mitigations,
    failure: stack.died() || loose.failure || (tool.sent === 0 ? 'it sent nothing' : ''),
    folder: plan.keep ? folder : '',
  };
}

/** Every other of them has an account. */
function people(plan: RunPlan, stack: Stack, address: string, random: Random): User[] {
  const accounts = random.fork('accounts').shuffled(stack.inventory.accounts);
  const { book, inventory, port: gateway } = stack;
  const of = (cohort: 'beside' | 'elsewhere', n: number): User[] =>
    Array.from({ length: n }, (_, i) => {
      const own = random.fork(`${cohort}/${i}`);
      const account = i % 2 === 0 ? (accounts.pop() ?? null) : null;
      const from = cohort === 'beside' ? address : drawAddress('residential', own.fork('address'));
      return new User({ cohort, address: from, gateway, host: HOST, account, inventory, random: own, book });
    });
  return [...of('elsewhere', ELSEWHERE), ...of('beside', plan.setting === 'shared' ? BESIDE : 0)];
}

interface Loose {
  readonly gaveUp: boolean;
  readonly failure: string;
  readonly endMs: number;
  readonly mitigations: readonly Standing[];
}

async function letLoose(plan: RunPlan, stack: Stack, address: string, random: Random): Promise<Loose> {
  const { tool, seconds } = plan;
  const { book, port, wirePort, folder, inventory } = stack;
  const door: Door =
    tool.wire === true
      ? await openWire({ gateway: wirePort, address, book })
      : await openDoor({ gateway: port, address, host: HOST, book, perSec: MOST_PER_SEC, told: tool.told ?? {} });
  try {
    const lists = writeLists(join(folder, 'lists'), inventory, random.fork('lists'));
    const agent = browser(random.fork('agent'), { timeMs: Date.now() }).agent;
    const session = await attackersSession(stack, address, random);
    const url = `http://127.0.0.1:${door.port}`;
    const aim: Aim = { url, port: door.port, lists, folder, session, seconds, agent: plan.disguised ? agent : '' };
    const ended = await execute(tool.program, tool.words(aim), folder, seconds * 1000);
    const endMs = Date.now();
    return { ...ended, endMs, mitigations: [...(await stack.mitigations())].reverse() };
  } finally {
    await door.close();
  }
}

/** The attacker has an account like anybody, and logs in with its password before the tool begins. */
function attackersSession(stack: Stack, address: string, random: Random): Promise<string> {
  const { name, password } = random.fork('attacker').pick(stack.inventory.accounts);
  const body = JSON.stringify({ username: name, password });
  const { agent } = browser(random.fork('attackers-browser'), { timeMs: Date.now() });
  const headers = {
    ...{ host: HOST, 'user-agent': agent, 'content-type': 'application/json', 'x-forwarded-for': address },
    'content-length': String(Buffer.byteLength(body)),
  };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: stack.port, method: 'POST', path: '/api/login', headers, agent: false };
    const sent = request(options as never, (answer) => {
      answer.resume();
      const cookie = /^session=([^;]+)/.exec(answer.headers['set-cookie']?.[0] ?? '');
      if (cookie === null) reject(new Error(`the attacker could not log in: ${answer.statusCode}`));
      else resolve(cookie[1]);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
