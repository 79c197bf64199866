/** Catalogue 22: devices come too often, in loops, or all at once: by a fault of their firmware, or in somebody's hand. */

import { condition, count, distinct, phase, rate, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { ROUTE_CLASS } from '../../enrich/facts.ts';
import { minutes } from '../../lib/units.ts';
import { about, percent, ramp } from '../evidence.ts';

const WINDOW_MS = minutes(10);
/** A device does less than a person's browser; who learned a pace of people has a limit for devices. */
const PER_MINUTE_MIN = 60;
/** Connections of one device in ten minutes from which it goes in a loop. */
const LOOPS = 30;

/** Devices that make a fleet. */
const FLEET = 30;
/** Share of requests in four seconds of the minute, in permille; an even flow has 67. Requests and minutes it needs. */
const IN_STEP = 400;
const STEP_REQUESTS = 60;
const STEP_MINUTES = 3;
/** Connections a device, on average over a fleet, in ten minutes. */
const FLEET_LOOPS = 5;

/** Devices that are refused, kinds of software among them, and their share of the refusals, from which it is a botnet. */
const REFUSED_DEVICES = 50;
const REFUSED_KINDS = 8;
const REFUSED_SHARE = 500;

const FAULT = 2300;
const FAULT_MOST = 4000;
const OVER = 4600;
const OVER_MOST = 7000;

const fromDevice = condition('request of a device', (f) => f.hasDevice);
const connects = condition('device connects', (f) => f.routeClass === ROUTE_CLASS.login, fromDevice);
/** A service that is down refuses everybody with 5xx: that is no device's doing. */
const turnedAway = condition(
  'device turned away',
  (f) => f.status >= 400 && f.status < 500 && f.status !== 429,
  fromDevice,
);

const ADVICE = 'slow it down by device, with jitter: one retry time for all would bring them back at once';

function deviceNeeds({ actor, baselines, tune }: BuildContext) {
  const limit = Math.round(tune('per_minute', Math.max(PER_MINUTE_MIN, baselines.requestsPerMinuteP999)));
  return {
    pace: rate({ key: actor, when: fromDevice, limit, periodMs: minutes(1), burst: limit }),
    minute: count({ key: actor, when: fromDevice, windowMs: minutes(1) }),
    connects: count({ key: actor, when: connects, windowMs: WINDOW_MS }),
    failed: count({ key: actor, when: turnedAway, windowMs: WINDOW_MS }),
  } as const;
}
type Device = ValuesOf<ReturnType<typeof deviceNeeds>>;

/** One device: faster than devices are, or connecting again and again. */
function ofDevice(context: BuildContext) {
  const needs = deviceNeeds(context);
  const { limit } = needs.pace;
  const loops = Math.round(context.tune('connections', LOOPS));
  return {
    needs,
    judge(v: Device) {
      if (v.pace.aheadMs > 0) return ramp(v.pace.aheadMs, 1, minutes(2), OVER, OVER_MOST);
      return ramp(v.connects.n, loops, loops * 10, FAULT, OVER);
    },
    say(v: Device) {
      const parts: string[] = [];
      if (v.pace.aheadMs > 0) parts.push(`${v.minute.n} requests of one device within a minute, limit ${limit}`);
      if (v.connects.n >= loops)
        parts.push(
          `it connected ${v.connects.n} times in 10 min, ${v.failed.n} requests were turned away: a reconnect loop`,
        );
      return parts.join('; ');
    },
  };
}

function fleetNeeds() {
  const common = { key: ['tenant', 'fingerprint'], windowMs: WINDOW_MS } as const;
  return {
    devices: distinct({ ...common, of: 'device', when: fromDevice }),
    requests: count({ ...common, when: fromDevice }),
    connects: count({ ...common, when: connects }),
    failed: count({ ...common, when: turnedAway }),
    clock: phase({ key: common.key, when: fromDevice }),
  } as const;
}
type Fleet = ValuesOf<ReturnType<typeof fleetNeeds>>;

const isInStep = ({ clock }: Fleet, share: number): boolean =>
  clock.n >= STEP_REQUESTS && clock.minutes >= STEP_MINUTES && clock.share >= share;

/** Many devices of one firmware, each of them harmless: a fault that moves all of them. */
function ofFleet({ tune }: BuildContext) {
  const least = Math.round(tune('fleet_devices', FLEET));
  const share = Math.round(tune('in_step_permille', IN_STEP));
  const looping = (v: Fleet): boolean => v.connects.n >= v.devices.n * FLEET_LOOPS;
  return {
    needs: fleetNeeds(),
    judge(v: Fleet) {
      if (v.devices.n < least) return 0;
      const step = isInStep(v, share) ? ramp(v.clock.share, share, 950, FAULT, FAULT_MOST) : 0;
      const loop = looping(v)
        ? ramp(v.connects.n, v.devices.n * FLEET_LOOPS, v.devices.n * FLEET_LOOPS * 6, FAULT, FAULT_MOST)
        : 0;
      return Math.max(step, loop);
    },
    say(v: Fleet, f: Facts) {
      const agent = f
        .text('agent')
        .replace(/[\p{Cc}\p{Cf}]/gu, '·')
        .slice(0, 40);
      const parts = [`about ${v.devices.n} devices of one software (${agent || 'no name'})`];
      if (isInStep(v, share))
        parts.push(
          `${percent(v.clock.share, 1000)} of their requests in the 4 s from :${String(v.clock.second).padStart(2, '0')} on`,
        );
      if (looping(v)) parts.push(`${v.connects.n} connections in 10 min`);
      const each = Math.max(1, Math.round(v.requests.n / v.devices.n));
      return `${parts.join(', ')}, some ${each} requests each in 10 min: a fault of the software rather than an attack; ${ADVICE}`;
    },
  };
}

function siteNeeds() {
  const common = { key: ['all', 'tenant'], windowMs: WINDOW_MS } as const;
  return {
    requests: count({ ...common, when: fromDevice }),
    failed: count({ ...common, when: turnedAway }),
    devices: distinct({ ...common, of: 'device', when: turnedAway }),
    kinds: distinct({ ...common, of: 'agent', when: turnedAway }),
    networks: distinct({ ...common, of: 'network', when: turnedAway }),
  } as const;
}
type Site = ValuesOf<ReturnType<typeof siteNeeds>>;

/** Many devices of many kinds that are turned away: no firmware has them in common, somebody does. */
function ofSite({ tune }: BuildContext) {
  const least = Math.round(tune('refused_devices', REFUSED_DEVICES));
  return {
    needs: siteNeeds(),
    judge(v: Site) {
      if (v.devices.n < least || v.kinds.n < REFUSED_KINDS) return 0;
      if (v.failed.n * 1000 < v.requests.n * REFUSED_SHARE) return 0;
      return ramp(v.devices.n, least, least * 10, OVER, OVER_MOST);
    },
    say: (v: Site) =>
      `${about(v.devices.n)} devices with ${about(v.kinds.n)} kinds of software from ${about(v.networks.n)} networks, ` +
      `${percent(Math.min(v.failed.n, v.requests.n), v.requests.n)} of the devices' requests turned away in 10 min: ` +
      'no fault of one software but one hand behind many devices',
  };
}

export const deviceStorm = defineDetector({
  id: 'device-storm',
  number: 22,
  title: 'Device storm',
  class: 'device-storm',
  group: 'rate',
  owasp: ['API4', 'OAT-015'],
  actors: ['device', 'fingerprint', 'tenant'],
  on: 'response',
  when: fromDevice,
  cap: OVER_MOST,
  findingAt: FAULT,
  build: (context) => {
    if (context.actor === 'device') return ofDevice(context);
    return (context.actor === 'tenant' ? ofSite(context) : ofFleet(context)) as never;
  },
});
