/**
 * Credentials that change hands: a token or session that was seen with one certificate, DPoP key or device and now comes with
 * another. Nothing is refused for it: devices are replaced, certificates renewed.
 */
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import { Cache } from '../cache.ts';
import type { Caller, ClientCertificate, Presented } from '../contract.ts';
import type { Watch } from '../desk.ts';
import { headerOf } from '../read.ts';

/** With what a credential was seen first; '' where it came without. */
interface Seen {
  certificate: string;
  device: string;
}

/** Credentials watched, in one generation, and for how long after they were seen, in ms. */
const MAX_WATCHED = 50_000;
const WATCHED_MS = 86_400_000;
/** Longest device id that is looked at, in characters. */
const MAX_DEVICE = 200;

export interface MovedOptions {
  readonly certificate: (presented: Presented) => ClientCertificate | null;
  /** Header in which clients name their device, in small letters; '' for none. */
  readonly deviceHeader: string;
}

export function createMovedWatch(options: MovedOptions): Watch {
  const watched = new Cache<Seen>(MAX_WATCHED);
  const { deviceHeader } = options;
  return {
    seen(presented, _found, caller) {
      if (!counts(caller)) return 0;
      const certificate =
        caller.scheme === AUTH_SCHEME.certificate ? '' : (options.certificate(presented)?.thumbprint ?? '');
      // What the token proves counts more than what a header says.
      const device =
        caller.device || (deviceHeader === '' ? '' : headerOf(presented.headers, deviceHeader).slice(0, MAX_DEVICE));
      if (certificate === '' && device === '') return 0;
      const seen = watched.get(caller.credential, presented.nowMs);
      if (seen === undefined) {
        watched.set(caller.credential, { certificate, device }, presented.nowMs + WATCHED_MS);
        return 0;
      }
      const moved = differs(seen.certificate, certificate) || differs(seen.device, device);
      seen.certificate ||= certificate;
      seen.device ||= device;
      return moved ? FLAG.BOUND_ELSEWHERE : 0;
    },
  };
}

/** Keys and certificates of services are used by many machines at once; tokens and sessions by one. */
function counts({ outcome, credential, scheme }: Caller): boolean {
  if (credential === '' || scheme === AUTH_SCHEME.key || scheme === AUTH_SCHEME.certificate) return false;
  return outcome === AUTH_OUTCOME.accepted || outcome === AUTH_OUTCOME.claimed;
}

const differs = (before: string, now: string): boolean => before !== '' && now !== '' && before !== now;
