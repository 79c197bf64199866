/**
 * Webhooks: requests that a provider has signed with a secret it shares with us. What comes again is refused where the
 * provider signs a time, because its own retries are signed anew; where it does not, a retry looks like a replay.
 */
import type { WebhookSettings } from '../../config/signing.ts';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { Caller, Presented } from '../contract.ts';
import type { ReplayPort } from '../replay.ts';
import { callerOf, type Scheme } from '../scheme.ts';
import { equalsAny, headerOf, type KeyFiles, onceOnly, ownerOf, pathTest } from './parts.ts';
import { type Delivery, providerOf } from './providers.ts';

const SCHEME = AUTH_SCHEME.webhook;

/** Webhooks of one provider. SallyportError SP7601 for a secret that is not there. */
export function webhookScheme(settings: WebhookSettings, files: KeyFiles, replay: ReplayPort): Scheme {
  const provider = providerOf(settings);
  const secrets = settings.secrets.map((source) => provider.secret(files.secret(source)));
  const principal = settings.principal || settings.name;
  const owner = ownerOf({ ...settings, principal }, `webhook:${settings.name}`);
  const fits = pathTest(settings.path);
  return {
    name: `webhook:${settings.name}`,
    present: ({ target, headers }) => fits(target) && headerOf(headers, provider.header) !== null,
    needsBody: () => true,
    identify(presented) {
      const delivery = provider.read(presented);
      if ('outcome' in delivery) return callerOf(SCHEME, delivery.outcome, { detail: delivery.detail });
      return judged(settings, delivery, secrets, owner.known, presented, replay);
    },
    close() {},
  };
}

function judged(
  settings: WebhookSettings,
  delivery: Delivery,
  secrets: readonly Buffer[],
  known: Partial<Caller>,
  presented: Presented,
  replay: ReplayPort,
): Caller | Promise<Caller> {
  const { nowMs } = presented;
  const { timeMs } = delivery;
  const named = { credential: known.credential ?? '', partner: known.partner ?? '' };
  const no = (outcome: number, detail: string) => callerOf(SCHEME, outcome, { ...named, detail });
  const macs = secrets.map((secret) => delivery.expected(secret));
  const good = macs.filter((mac) => equalsAny(mac, delivery.signatures));
  if (good.length === 0) return no(AUTH_OUTCOME.signature, 'The signature does not fit the body.');
  const toleranceMs = settings.tolerance_s * 1000;
  if (timeMs !== 0 && nowMs > timeMs + toleranceMs) return no(AUTH_OUTCOME.expired, 'The signature is too old.');
  if (timeMs !== 0 && nowMs < timeMs - toleranceMs) {
    return no(AUTH_OUTCOME.early, 'The time of the signature lies ahead.');
  }
  const accepted = callerOf(SCHEME, AUTH_OUTCOME.accepted, { ...known, issuedMs: timeMs });
  const use = `webhook:${settings.name}:${good[0].toString('base64url')}`;
  if (timeMs !== 0) return onceOnly(replay, use, timeMs + toleranceMs + 1, nowMs, accepted);
  const once = onceOnly(replay, use, nowMs + settings.remember_s * 1000, nowMs, accepted);
  if (settings.repeats === 'refuse') return once;
  return once instanceof Promise ? once.then((caller) => marked(caller, accepted)) : marked(once, accepted);
}

/** A delivery that came before is accepted all the same, and says so. */
function marked(caller: Caller, accepted: Caller): Caller {
  return caller.outcome === AUTH_OUTCOME.accepted ? caller : { ...accepted, flags: caller.flags & FLAG.REPLAYED };
}
