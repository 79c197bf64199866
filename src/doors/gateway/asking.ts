/** Asks the owner of state about a request, and knows what to do where no answer comes. */
import { ALLOW, type Verdict } from '../../runtime/live/verdict.ts';
import type { Inbound, RouteSettings } from './contract.ts';
import type { Rooms } from './rooms.ts';
import type { Slot } from './rows.ts';

const CLOSED: Verdict = { ...ALLOW, action: 'block', planned: 'block', retryAfterSec: 5 };

/** The verdict about a request that nobody has scored: what its route says. */
export const unscored = ({ fail }: RouteSettings): Verdict => (fail === 'open' ? ALLOW : CLOSED);

/**
 * Tells `decided` the verdict, once: at once where the owner is in this process. One in another process has the route's
 * budget, then the route's fail mode decides, and what comes later counts no more.
 */
export function askGate(rooms: Rooms, inbound: Inbound, slot: Slot, decided: (verdict: Verdict) => void): void {
  const { route } = inbound;
  const without = (): void => {
    rooms.unscored(route.fail);
    decided(unscored(route));
  };
  let verdict: Verdict | Promise<Verdict>;
  try {
    verdict = rooms.gate.request(slot.batch, slot.row, inbound.startedMs);
  } catch (error) {
    rooms.defect(error);
    without();
    return;
  }
  if (!(verdict instanceof Promise)) {
    decided(verdict);
    return;
  }
  let told = false;
  const once = (tell: () => void): void => {
    if (told) return;
    told = true;
    clearTimeout(timer);
    tell();
  };
  const timer = setTimeout(() => once(without), route.scoringBudgetMs);
  verdict.then(
    (answer) => once(() => decided(answer)),
    () => once(without),
  );
}
