/** One tool in one setting: people first, then the tool beside them, then people alone again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../redteam/src/core/random.ts';
import { drawAddress } from '../../redteam/src/net/addresses.ts';
import { browser } from '../../redteam/src/net/clients.ts';
import type { Aim, Tool } from './arsenal.ts';
import { type Clock, through } from './clock.ts';
import { type Door, openDoor } from './door.ts';
import { execute } from './execute.ts';
import { type Login, logIn, look } from './logins.ts';
import { type ToolOutcome, toolOutcome, type UserOutcome, userOutcome } from './measure.ts';
import { Partner } from './partner.ts';
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
const BEFORE_MS = 20_000;
const AFTER_MS = 3000;
const ARRIVAL_MS = 8000;
/** Hours that shop, partners and customers have been there: detectors want to know what is usual before they say what is strange. */
const PAST_HOURS = 24;
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
  /** People, attackers and partners have tokens and keys that the gateway checks. */
  readonly tokens?: boolean;
  /** How long people are there before the tool, in ms; `BEFORE_MS` if not said. */
  readonly beforeMs?: number;
}

export interface RunResult {
  readonly plan: RunPlan;
  readonly tool: ToolOutcome;
  readonly beside: UserOutcome;
  readonly elsewhere: UserOutcome;
  /** Whoever owns the key that the tool uses. */
  readonly owner: UserOutcome;
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
  const { seed, tokens, tool } = plan;
  const stack = await startStack({ seed, tokens, limits: tool.limits, past: tokens === true ? PAST_HOURS : 0 });
  const addresses = Array.from({ length: plan.tool.addresses ?? 1 }, (_, i) =>
    drawAddress('residential', random.fork(i === 0 ? 'address' : `address/${i}`)),
  );
  const partners = plan.tokens === true ? partnersOf(stack, random) : [];
  if (stack.clock !== null) await yesterday(stack, stack.clock, partners, random);
  const users = [...partners, ...people(plan, stack, addresses[0], random)];
  const running = users.map(async (user, i) => {
    await sleep((ARRIVAL_MS * i) / users.length);
    await user.run();
  });
  const ready = sleep(plan.beforeMs ?? BEFORE_MS);
  const cancel = async (): Promise<void> => {
    for (const user of users) user.stop();
    await stack.close(plan.keep);
    await Promise.all(running);
  };
  const attack = async (): Promise<RunResult> => {
    try {
      await ready;
      return await observed(plan, stack, addresses, random);
    } finally {
      await cancel();
    }
  };
  return { attack, cancel };
}

async function observed(plan: RunPlan, stack: Stack, addresses: readonly string[], random: Random): Promise<RunResult> {
  const { book, folder } = stack;
  const loose = await letLoose(plan, stack, addresses, random).catch(
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
    owner: userOutcome(book.of('owner'), nowMs),
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
      return new User({
        cohort,
        address: from,
        gateway,
        host: HOST,
        account,
        inventory,
        random: own,
        book,
        app: plan.tokens,
      });
    });
  return [...of('elsewhere', ELSEWHERE), ...of('beside', plan.setting === 'shared' ? BESIDE : 0)];
}

/** A day on which partners fetch the catalogue every hour, and customers come and look at an order of theirs. */
async function yesterday(stack: Stack, clock: Clock, partners: readonly Partner[], random: Random): Promise<void> {
  const { inventory, port } = stack;
  const own = random.fork('yesterday');
  const customers = own.shuffled(inventory.accounts.filter((account) => account.orders.length > 0));
  await through(clock, PAST_HOURS, async () => {
    for (const partner of partners) await partner.fetch();
    const account = customers.pop() ?? inventory.accounts[0];
    const address = drawAddress('residential', own);
    const { agent } = browser(own, { timeMs: Date.now() });
    const { session } = await logIn({ account, port, address, agent });
    await look(`/api/orders/${account.orders[0]}`, { session, port, address, agent });
  });
}

/** The first one's key is what leaks where keys leak; it has been used for a day by then. The other is nobody's business. */
function partnersOf(stack: Stack, random: Random): Partner[] {
  const { book, inventory, port: gateway } = stack;
  return inventory.keys
    .filter((key) => key.kind === 'partner')
    .slice(0, 2)
    .map(({ secret: key }, i) => {
      const address = drawAddress('hosting', random.fork(`partner/${i}`));
      const agent = ['acme-sync/2.3 (Java 17)', 'stock-bridge/1.8'][i];
      const cohort = i === 0 ? 'owner' : 'elsewhere';
      return new Partner({ cohort, address, gateway, host: HOST, key, agent, book });
    });
}

interface Loose {
  readonly gaveUp: boolean;
  readonly failure: string;
  readonly endMs: number;
  readonly mitigations: readonly Standing[];
}

async function letLoose(plan: RunPlan, stack: Stack, addresses: readonly string[], random: Random): Promise<Loose> {
  const { tool, seconds } = plan;
  const { book, port, wirePort, folder, inventory } = stack;
  const [address] = addresses;
  const door: Door =
    tool.wire === true
      ? await openWire({ gateway: wirePort, address, book })
      : await openDoor({ gateway: port, addresses, host: HOST, book, perSec: MOST_PER_SEC, told: tool.told ?? {} });
  try {
    const lists = writeLists(join(folder, 'lists'), inventory, random.fork('lists'));
    const agent = browser(random.fork('agent'), { timeMs: Date.now() }).agent;
    const url = `http://127.0.0.1:${door.port}`;
    const logins = await attackersLogins(plan.tool.accounts ?? 1, stack, address, random);
    const aim: Aim = {
      ...{ url, port: door.port, lists, folder, seconds, agent: plan.disguised ? agent : '', inventory },
      ...{ session: logins[0].session, tokens: logins.map((l) => l.token), key: inventory.keys[0].secret },
      random: random.fork('words'),
    };
    const ended = await execute(tool.program, tool.words(aim), folder, seconds * 1000);
    const endMs = Date.now();
    return { ...ended, endMs, mitigations: [...(await stack.mitigations())].reverse() };
  } finally {
    await door.close();
  }
}

/** The attacker has accounts like anybody, and logs in with their passwords before the tool begins. */
async function attackersLogins(n: number, stack: Stack, address: string, random: Random): Promise<Login[]> {
  const { agent } = browser(random.fork('attackers-browser'), { timeMs: Date.now() });
  const first = random.fork('attacker').pick(stack.inventory.accounts);
  const others = random
    .fork('attackers')
    .shuffled(stack.inventory.accounts)
    .slice(0, n - 1);
  const logins: Login[] = [];
  for (const account of [first, ...others]) logins.push(await logIn({ account, port: stack.port, address, agent }));
  return logins;
}
