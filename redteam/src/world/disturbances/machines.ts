/** Times at which machines misbehave without anybody meaning harm. */
import type { Source } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { burstTimes } from '../arrivals.ts';
import { cohortOf, Options, type Recipe } from '../options.ts';
import { clientOf, type Device, type Fleet, fleetOf, report } from '../populations/devices.ts';
import { EPISODE, faultOf, installations, retrying } from '../populations/sdk.ts';
import { ask, type Script, Scripted, unwelcome } from '../scripted.ts';
import type { Route } from '../surface.ts';
import { benign } from '../visits.ts';
import { amountOf, MOMENTS, momentsOf } from './people.ts';

const REBOOT_OPTIONS = { ...MOMENTS, minutes: 'time within which they are back, in minutes (10)' } as const;

const reboot: Recipe = {
  cohort: 'device-reboot',
  summary: 'After a power cut all devices start at once, announce themselves, send what they kept, repeat what failed',
  options: REBOOT_OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, REBOOT_OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const moments = momentsOf(options, world, random.fork('moments'));
    const scaleMs = options.number('minutes', 10, 0.1) * 60_000;
    const label = benign(cohortOf(plan, reboot));
    return {
      name: plan.name,
      *arrivals() {
        const fleet = fleetOf(world);
        if (fleet.route === undefined || fleet.devices.length === 0) return;
        const starts = fleet.devices.length * moments.length;
        const each = amountOf(plan.requestsPerDay, world) / starts;
        const own = random.fork('starts');
        const scripts: Scripted[] = [];
        for (const momentMs of moments) {
          const times = burstTimes(
            fleet.devices.length,
            [momentMs],
            'stampede',
            scaleMs,
            own,
            world.startMs,
            world.endMs,
          );
          const order = own.shuffled(fleet.devices);
          for (const [i, atMs] of times.entries()) {
            const amount = Math.max(1, own.poisson(each));
            scripts.push(
              new Scripted(label, booting(order[i], fleet, atMs, amount, own.fork(`${momentMs}/${i}`)), world.endMs),
            );
          }
        }
        yield* scripts.sort((a, b) => a.nextAt - b.nextAt);
      },
    };
  },
};

/**
 * Reports without readings while the clock is not set, then the backlog; what fails is repeated with growing delays.
 */
function* booting(device: Device, fleet: Fleet, atMs: number, amount: number, random: Random): Script {
  const route = fleet.route as Route;
  const release = fleet.firmware.of(device.keenness, atMs);
  const client = clientOf(device, release);
  let waitMs = 1500;
  for (let i = 0; i < amount; i++) {
    const values = report(device, release, atMs, i === 0 ? 0 : 10 + random.below(40), random);
    const { answer, nowMs } = yield { atMs, request: ask(route, values, client, { token: device.key.secret }) };
    const failed = answer.status >= 500 || unwelcome(answer);
    waitMs = failed ? Math.min(120_000, waitMs * 2) : 400;
    atMs = nowMs + waitMs * random.between(0.5, 1.5);
  }
}

const BUG_OPTIONS = {
  ...MOMENTS,
  share: 'share of the devices that have the bug (0.2)',
  hours: 'hours until the firmware is mended (12)',
} as const;

const firmwareBug: Recipe = {
  cohort: 'firmware-bug',
  summary:
    'A release of the firmware that sends incomplete reports and repeats them every few seconds, until it is mended',
  options: BUG_OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, BUG_OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const moments = momentsOf(options, world, random.fork('moments'));
    const share = options.share('share', 0.2);
    const hours = options.number('hours', 12, 0.01);
    const label = benign(cohortOf(plan, firmwareBug));
    return {
      name: plan.name,
      *arrivals() {
        const fleet = fleetOf(world);
        if (fleet.route === undefined || fleet.devices.length === 0) return;
        const n = Math.max(1, Math.round(fleet.devices.length * share));
        const own = random.fork('devices');
        const amount = amountOf(plan.requestsPerDay, world) / (n * moments.length);
        const everyMs = (hours * 3_600_000) / amount;
        const scripts = moments.flatMap((momentMs) =>
          own
            .shuffled(fleet.devices)
            .slice(0, n)
            .map((device, i) => {
              // The release arrives bit by bit, and so does the mended one.
              const atMs = momentMs + own.uniform() * hours * 900_000;
              return new Scripted(
                label,
                broken(device, fleet, atMs, amount, everyMs, own.fork(String(i))),
                world.endMs,
              );
            }),
        );
        yield* scripts.sort((a, b) => a.nextAt - b.nextAt);
      },
    };
  },
};

function* broken(device: Device, fleet: Fleet, atMs: number, amount: number, everyMs: number, random: Random): Script {
  const route = fleet.route as Route;
  const release = `${fleet.firmware.of(0, atMs)}-rc1`;
  const client = clientOf(device, release);
  for (let i = 0; i < amount; i++) {
    // The device's name is what it forgets to send.
    const values = { ...report(device, release, atMs, 1, random), device: undefined, id: undefined };
    const { nowMs } = yield { atMs, request: ask(route, values, client, { token: device.key.secret }) };
    atMs = Math.max(nowMs, atMs) + everyMs * random.between(0.95, 1.05);
  }
}

const STORM_OPTIONS = { ...MOMENTS, minutes: 'how long it takes, in minutes (20)' } as const;

const retryStorm: Recipe = {
  cohort: 'sdk-retry',
  summary: 'All apps with the broken library fail at the same time and repeat their calls without waiting',
  options: STORM_OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, STORM_OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const moments = momentsOf(options, world, random.fork('moments'));
    const scaleMs = options.number('minutes', 20, 0.1) * 60_000;
    const label = benign(cohortOf(plan, retryStorm));
    return {
      name: plan.name,
      *arrivals() {
        const episodes = Math.round(amountOf(plan.requestsPerDay, world) / EPISODE);
        const setting = installations(world, random.fork('people'), Math.max(20, episodes));
        const own = random.fork('episodes');
        const times = burstTimes(
          episodes,
          moments,
          'stampede',
          scaleMs,
          random.fork('times'),
          world.startMs,
          world.endMs,
        );
        for (const atMs of times) {
          const person = setting.people.meet(atMs, own);
          const draws = own.fork(String(atMs));
          const fault = faultOf(setting, person, draws);
          if (fault !== undefined) yield new Scripted(label, retrying(person, fault, atMs, draws), world.endMs);
        }
      },
    };
  },
};

export const MACHINES: Readonly<Record<string, Recipe>> = {
  'device-reboot': reboot,
  'firmware-bug': firmwareBug,
  'retry-storm': retryStorm,
};
