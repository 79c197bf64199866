/** Spraying: few passwords, many names, slowly enough for locks to open again. Gain: accounts. */
import type { Account } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { Draw } from '../breach.ts';
import type { Kit } from '../kit.ts';
import { sprayPasswords } from '../names.ts';
import type { Moves, Play, Rules } from '../types.ts';

/** Somebody on the list: `weakAt` is the round in which the password that is tried happens to be theirs. */
interface Target {
  readonly name: string;
  readonly own: string;
  readonly weakAt: number;
}

export const spraying: Rules = {
  unit: 'accounts',
  perSecond: 6,
  tool: 'python-requests',
  plan(kit: Kit): Play {
    const { surface, options, random, plan, world } = kit;
    const login = surface.need('login');
    const guessed = sprayPasswords(world.site.host, new Date(plan.startMs).getUTCFullYear(), random.fork('words'));
    const common = commonPasswords(world.site.inventory.accounts);
    const words = merged(common, guessed);
    // Where passwords are all different nobody has a weak one, and the one that is tried stands in for an account's own.
    const weak = common.length > 0 ? 0 : options.number('weak', random.fork('weak').between(0.004, 0.015));
    const targets = targetList(kit, weak, words.length);
    // Below E1 nobody thinks of locks; above, a round every half hour to an hour.
    const restMs = kit.level === 0 ? 0 : options.number('restMinutes', random.fork('rest').between(31, 65)) * 60_000;
    const state = { round: 0, next: 0, fromMs: 0 };

    function* spray(): Moves {
      while (state.round < words.length) {
        if (state.next >= targets.length) {
          state.round++;
          state.next = 0;
          state.fromMs = kit.nowMs + restMs;
          continue;
        }
        const { name, own, weakAt } = targets[state.next++];
        const secret = weakAt === state.round ? own : words[state.round];
        yield { ...surface.request(login, { name, password: secret }), waitMs: Math.max(0, state.fromMs - kit.nowMs) };
      }
    }

    return { moves: spray };
  },
};

/** What everybody knows from leaks: passwords that several people here have too, the most frequent first. */
function commonPasswords(accounts: readonly Account[]): string[] {
  const counts = new Map<string, number>();
  for (const account of accounts.slice(0, 20_000))
    counts.set(account.password, (counts.get(account.password) ?? 0) + 1);
  const several = [...counts].filter(([, count]) => count >= 3).sort((a, b) => b[1] - a[1]);
  return several.slice(0, 25).map(([word]) => word);
}

/** One of each in turn: leaks say what is frequent, and the season and the site's name suggest the rest. */
function merged(first: readonly string[], second: readonly string[]): string[] {
  const out = new Set<string>();
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    if (i < first.length) out.add(first[i]);
    if (i < second.length) out.add(second[i]);
  }
  return [...out];
}

/** Names as harvested: most of them have an account. As many as let several rounds be paid for. */
function targetList(kit: Kit, weak: number, rounds: number): Target[] {
  const { accounts } = kit.world.site.inventory;
  const random: Random = kit.random.fork('targets');
  const exists = kit.options.number('exists', random.between(0.6, 0.95));
  const asked = kit.options.number('names', Math.min(20_000, Math.max(20, kit.plan.budget.requests / 6)));
  const draw = new Draw(accounts.length, random);
  const out: Target[] = [];
  for (let i = 0; i < asked; i++) {
    const index = random.chance(exists) ? draw.next() : undefined;
    if (index === undefined) {
      out.push({ name: kit.style.name(random), own: '', weakAt: -1 });
      continue;
    }
    const weakAt = random.chance(weak) ? Math.min(rounds - 1, random.geometric(2) - 1) : -1;
    out.push({ name: accounts[index].name, own: accounts[index].password, weakAt });
  }
  return out;
}
