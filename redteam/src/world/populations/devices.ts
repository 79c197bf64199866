/** Devices that report by themselves. */
import type { ApiKey, Client, Source, World } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { drawAddress } from '../../net/addresses.ts';
import { device as deviceProfile } from '../../net/clients.ts';
import { cohortOf, Options, type Recipe } from '../options.ts';
import { streamOf } from '../popularity.ts';
import { AppReleases } from '../releases.ts';
import { HOUR_MS } from '../rhythm.ts';
import { ask, clientAt, type Script, Scripted, unwelcome } from '../scripted.ts';
import { sharedOf } from '../setting.ts';
import type { Fill, Route } from '../surface.ts';
import { benign } from '../visits.ts';

export interface Device {
  readonly key: ApiKey;
  readonly address: string;
  /** How soon it takes an update, in [0, 1). */
  readonly keenness: number;
  /** Seconds by which its own clock is wrong. */
  readonly skew: number;
  readonly number: number;
}

export interface Fleet {
  readonly devices: readonly Device[];
  readonly firmware: AppReleases;
  readonly route: Route | undefined;
}

/** Devices of one owner stand in one place, behind one line. The same for all populations of a world. */
export function fleetOf(world: World): Fleet {
  const random = world.random('world/fleet');
  const { parameters, surface } = sharedOf(world);
  const home = parameters.market[0][0];
  const lines = new Map<string, string>();
  const devices = world.site.inventory.keys
    .filter(({ kind }) => kind === 'device')
    .map((key, number): Device => {
      const own = random.fork(key.id);
      let address = lines.get(key.owner);
      if (address === undefined) {
        address = drawAddress(random.chance(0.7) ? 'residential' : 'carrier-nat', random.fork(key.owner), 4, home);
        lines.set(key.owner, address);
      }
      return { key, address, keenness: own.uniform(), skew: own.normal() * 20, number };
    });
  const firmware = new AppReleases(random.fork('firmware'), world.startMs, world.endMs, 30);
  return { devices, firmware, route: surface.first('telemetry') };
}

/** What a device sends: readings of a few quantities since the last report. */
export function report(device: Device, firmware: string, atMs: number, readings: number, random: Random): Fill {
  const rows = Array.from({ length: readings }, (_, i) => ({
    secondsAgo: 60 * i,
    temperature: Math.round(10 * (19 + 3 * random.normal())) / 10,
  }));
  const time = new Date(Math.round(atMs + 1000 * device.skew)).toISOString();
  return {
    device: device.key.id,
    id: device.key.id,
    firmware,
    version: firmware,
    readings: rows,
    time,
    timestamp: time,
  };
}

export function clientOf(device: Device, firmware: string): Client {
  return clientAt(device.address, deviceProfile(streamOf(7, device.number), firmware));
}

interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Reports at its interval, for as long as the world lasts; after an outage it starts anew with what it has kept. */
function* reporting(
  device: Device,
  fleet: Fleet,
  atMs: number,
  everyMs: number,
  outage: Outage,
  random: Random,
): Script {
  const route = fleet.route as Route;
  // Cheap firmware reports on the full minute, better one anywhere within it.
  const aligned = everyMs >= 60_000 && random.chance(0.2);
  let release = '';
  let client = clientOf(device, release);
  for (let due = atMs; ; due += everyMs) {
    let readings = 1;
    if (due >= outage.fromMs && due < outage.untilMs) {
      readings = Math.min(20, 1 + Math.floor((outage.untilMs - due) / everyMs));
      due = outage.untilMs + random.exponential(4000);
    }
    const current = fleet.firmware.of(device.keenness, due);
    if (current !== release) {
      release = current;
      client = clientOf(device, release);
    }
    const early = due >= outage.untilMs ? outage.untilMs : 0;
    const planned = aligned
      ? Math.ceil(due / 60_000) * 60_000 + random.exponential(900)
      : due + 0.01 * everyMs * random.normal();
    const at = Math.max(early, planned);
    const { answer, nowMs } = yield {
      atMs: at,
      request: ask(route, report(device, release, at, readings, random), client, { token: device.key.secret }),
    };
    if (answer.status >= 500 || unwelcome(answer)) due = Math.max(due, nowMs + random.exponential(10_000));
    if (due < nowMs - everyMs) due = nowMs;
  }
}

const OPTIONS = {
  outageHour: 'hours after the start of the world at which all devices fall silent (never)',
  outageMinutes: 'how long that lasts; then all come back at once (30)',
} as const;

const devices: Recipe = {
  cohort: 'devices',
  summary:
    'Devices that report at their interval with a key each, several behind one line; firmware changes over the weeks',
  options: OPTIONS,
  create(plan, world): Source {
    const options = new Options(plan, OPTIONS);
    const random = world.random(`world/${plan.name}`);
    const fromMs = world.startMs + options.number('outageHour', Number.NaN) * HOUR_MS;
    const untilMs = fromMs + options.number('outageMinutes', 30, 0) * 60_000;
    const label = benign(cohortOf(plan, devices));
    return {
      name: plan.name,
      *arrivals() {
        const fleet = fleetOf(world);
        if (fleet.route === undefined || fleet.devices.length === 0) return;
        const everyMs = (fleet.devices.length * 86_400_000) / plan.requestsPerDay;
        const all = fleet.devices.map((device) => {
          const own = random.fork(device.key.id);
          const interval = everyMs * own.pick([0.5, 0.8, 1, 1, 2]);
          return { device, own, interval, atMs: world.startMs + own.uniform() * interval };
        });
        // Intervals differ; together they keep to the plan.
        const factor = all.reduce((sum, { interval }) => sum + everyMs / interval, 0) / all.length;
        const scripts = all.map(({ device, own, interval, atMs }) =>
          reporting(device, fleet, atMs, interval * factor, { fromMs, untilMs }, own),
        );
        yield* scripts.map((script) => new Scripted(label, script, world.endMs)).sort((a, b) => a.nextAt - b.nextAt);
      },
    };
  },
};

export const DEVICES: Readonly<Record<string, Recipe>> = { devices };
