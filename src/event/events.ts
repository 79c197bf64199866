/**
 * The four events. Everything that Sallyport does is a function of a sequence of these; the names are those of
 * `docs/events.md`. In the hot path an event is a row of a FactBatch plus its kind; these types are the documented form
 * that JSONL files, doors and tests speak.
 */

/** A request arrived and a decision is wanted. */
export interface RequestSeen {
  readonly type: 'request';
  /** Unix time in milliseconds at which the request arrived. */
  readonly time_ms: number;
  readonly exchange: string;
  readonly address: string;
  readonly forwarded_for?: string;
  readonly host?: string;
  readonly method: string;
  readonly target: string;
  readonly protocol?: string;
  readonly referrer?: string;
  readonly user_agent?: string;
  readonly principal?: string;
  readonly session?: string;
  readonly credential?: string;
}

/** The outcome of an exchange. A long one emits a partial outcome after 30 s. */
export interface ResponseSeen {
  readonly type: 'response';
  readonly time_ms: number;
  readonly exchange: string;
  readonly status: number;
  readonly response_bytes?: number;
  readonly duration_ms: number;
  /** True where the duration was not logged and {@link ASSUMED_DURATION_MS} was taken. */
  readonly duration_assumed?: boolean;
  readonly partial?: boolean;
}

/** Both halves in one line: how a log that is written after the answer tells it. `time_ms` is the request's. */
export type ExchangeSeen = Omit<RequestSeen, 'type' | 'exchange'> &
  Partial<Omit<ResponseSeen, 'type' | 'exchange' | 'time_ms'>> & { readonly type: 'exchange' };

/** Something that only the application knows. */
export interface BusinessEvent {
  readonly type: 'business';
  readonly time_ms: number;
  readonly name: BusinessName | (string & {});
  readonly principal?: string;
  readonly session?: string;
  readonly credential?: string;
  readonly address?: string;
  readonly object?: string;
  readonly amount_minor?: number;
}

/** What steers decisions and is therefore part of the sequence. */
export interface ControlEvent {
  readonly type: 'control';
  readonly time_ms: number;
  readonly control: 'policy' | 'model' | 'undo' | 'label' | 'watermark' | 'store-lost';
  /** Version of the policy or model now in force, or the id of what is undone. */
  readonly ref: string;
}

export type SallyportEvent = RequestSeen | ResponseSeen | BusinessEvent | ControlEvent;

/** Business events with a meaning to the shipped detectors. Any other name is kept and counted. */
export const BUSINESS_NAMES = [
  'login.succeeded',
  'login.failed',
  'signup.completed',
  'reset.requested',
  'code.accepted',
  'code.rejected',
  'promo.redeemed',
  'lookup.found',
  'lookup.missed',
  'payment.settled',
  'resource.provisioned',
  'email.changed',
  'password.changed',
  'payout.changed',
  'mfa.disabled',
  'address.changed',
  'token.created',
] as const;
export type BusinessName = (typeof BUSINESS_NAMES)[number];

/**
 * Kinds of objects that are accounts, or what accounts are found by, in the singular. The object of a business event may say
 * what it is by a kind before a colon (`order:17`, `user:u5`); without one it is taken for what the event is usually about.
 */
export const ACCOUNT_KINDS: ReadonlySet<string> = new Set([
  ...['account', 'acct', 'user', 'username', 'login', 'name', 'nickname', 'handle', 'profile', 'identity', 'principal'],
  ...['customer', 'client', 'member', 'subscriber', 'contact', 'person', 'people', 'guest', 'patient', 'student'],
  ...['employee', 'staff', 'seller', 'merchant', 'vendor', 'partner', 'email', 'e-mail', 'mail', 'mailto'],
  ...['phone', 'mobile', 'msisdn', 'tel'],
]);

/** Outcomes that a log can tell twice: by the status of an exchange, and as a business event. */
export const OUTCOME_KINDS = ['login', 'code', 'account'] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** Which business events say what the status of an exchange says, too. */
export const REPEATING: Readonly<Partial<Record<BusinessName, OutcomeKind>>> = {
  'login.succeeded': 'login',
  'login.failed': 'login',
  'code.accepted': 'code',
  'code.rejected': 'code',
  'promo.redeemed': 'code',
  'lookup.found': 'account',
  'lookup.missed': 'account',
  'reset.requested': 'account',
};

/** Taken as the duration of an exchange whose log does not say it (design, invariant 2). */
export const ASSUMED_DURATION_MS = 50;
