/** A day and a half of an invented shop: same seed, same bytes. No line of it comes from a real log. */
import { ATTACKS, type Attack } from './attacks.ts';
import { Log, START } from './log.ts';
import { crawlers, feedReaders, monitor, partner } from './machines.ts';
import { appUsers, crowd, households } from './people.ts';
import { Chance } from './random.ts';

export interface Sample {
  readonly text: string;
  readonly lines: number;
  /** What is hidden in it. */
  readonly attacks: readonly Attack[];
  /** Addresses shared by many people who did nothing. */
  readonly shared: readonly string[];
}

/** Every line stands under this agent in the first request: whoever reads the file can tell that it is made up. */
export const MARKER_AGENT = 'sallyport-sample/1 (generated traffic, no real log)';

const MOBILE_CARRIER = '192.0.2.77';
const OFFICE = '203.0.113.40';

export function generateSample(seed = 1): Sample {
  const log = new Log();
  const chance = (stream: number) => new Chance(seed * 1000 + stream);
  log.add({ time: START, address: '192.0.2.1', agent: MARKER_AGENT, target: '/', bytes: 0 });
  households(log, chance(1), 2600);
  crowd(log, chance(2), MOBILE_CARRIER, 140);
  crowd(log, chance(3), OFFICE, 60);
  appUsers(log, chance(4), 420);
  crawlers(log, chance(5));
  monitor(log);
  partner(log, chance(6));
  feedReaders(log, chance(7));
  const attacks = ATTACKS.map((play, i) => play(log, chance(100 + i)));
  return { text: log.text(), lines: log.size, attacks, shared: [MOBILE_CARRIER, OFFICE] };
}
