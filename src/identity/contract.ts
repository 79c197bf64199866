/**
 * The identity room: who is calling. It looks at what a request presents — a key, a token, a certificate, a signature — and
 * says whom it proves, or what is wrong with it. It scores nothing and refuses nothing by itself: doors do, by their routes.
 */

/** What of a request may prove who is calling. */
export interface Presented {
  readonly method: string;
  /** Origin form: /path?query. */
  readonly target: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** End-to-end headers: names and values in turn, order and case as they came. */
  readonly headers: readonly string[];
  /** The client's certificate as TLS proved it, or as a trusted edge passed it on; null for none. */
  readonly certificate: ClientCertificate | null;
  /**
   * The connection comes from an edge of ours (clients.trusted_proxies): its headers about certificates count. Left out: it
   * does not.
   */
  readonly trustedPeer?: boolean;
  /** The whole body as it came, where {@link Desk.needsBody} asked for it; null else. */
  readonly body: Uint8Array | null;
  /** Client address as enrichment will see it: texts only, for binding. */
  readonly address: string;
  /** Unix ms. */
  readonly nowMs: number;
}

/** A certificate that a client has shown and whose chain was verified. */
export interface ClientCertificate {
  /** SHA-256 over its DER form, base64url without padding: `x5t#S256` of RFC 8705. */
  readonly thumbprint: string;
  /** Subject as RFC 4514 writes it, and names it is for: `DNS:…`, `URI:…`, `email:…`. */
  readonly subject: string;
  readonly names: readonly string[];
  readonly issuer: string;
  readonly serial: string;
  /** Unix ms between which it is valid. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Whom a request proves, or what is wrong with what it presents. Nothing in it is a secret. */
export interface Caller {
  /** AUTH_SCHEME and AUTH_OUTCOME (enrich/kinds). */
  readonly scheme: number;
  readonly outcome: number;
  /** User or service that was proven; '' for none. */
  readonly principal: string;
  /**
   * What names the credential: the id of a key, the `jti` or a hash of a token, a thumbprint. Never the secret. Doors turn it
   * into a pseudonym as they do with every key. '' for none.
   */
  readonly credential: string;
  /** What names the session; '' for none. */
  readonly session: string;
  readonly partner: string;
  /** Name of a usage plan; '' for none. */
  readonly plan: string;
  /** ROLE. */
  readonly role: number;
  readonly scopes: readonly string[];
  /** Device id that the credential proves or the request names; '' for none. */
  readonly device: string;
  /** Bits of FLAG: evidence about how the credential is used. */
  readonly flags: number;
  /** Unix ms from which it counts no more; 0 for never. */
  readonly untilMs: number;
  /** Headers for the upstream, names and values in turn: a signed inner token, who was proven. */
  readonly added: readonly string[];
  /** Names, in small letters, of headers that the upstream is not to see. */
  readonly removed: readonly string[];
  /** For people: why it was not accepted, without anything that helps to guess. '' where it was. */
  readonly detail: string;
  /** Unix ms at which the credential was issued; 0 where it does not say. */
  readonly issuedMs?: number;
  /** Who issued it: `iss` of a token; '' or left out for others. */
  readonly issuer?: string;
  /** Headers of the answer to an accepted request, names and values in turn: the next DPoP nonce (RFC 9449, 8.2). */
  readonly tells?: readonly string[];
  /** What a refusal asks for, where the scheme knows better than the route: a DPoP proof with a nonce. */
  readonly ask?: Ask;
}

/** What a client is to send next time. */
export interface Ask {
  /** Value of WWW-Authenticate. */
  readonly challenge: string;
  /** Further headers of the answer, names and values in turn. */
  readonly headers: readonly string[];
}

/** What a route asks of callers. */
export interface AccessRule {
  /** Without an accepted credential the request is refused. */
  readonly required: boolean;
  /** AUTH_SCHEMEs that count here; empty: all that are configured. */
  readonly schemes: readonly number[];
  /** All of these are needed. */
  readonly scopes: readonly string[];
  /** One of these ROLEs is needed; empty: any. */
  readonly roles: readonly number[];
}

/** What to answer a caller who may not go on: a problem of the registry and its challenge (RFC 9110, 11.6.1). */
export interface AccessRefusal {
  readonly status: 400 | 401 | 403 | 503;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Value of WWW-Authenticate; '' for none. */
  readonly challenge: string;
  /** Further headers of the answer, names and values in turn: DPoP-Nonce, Retry-After. */
  readonly headers: readonly string[];
}

/** How an exchange ended, for schemes that learn from it. */
export interface Answered {
  readonly status: number;
  /** Headers of the answer, names and values in turn. */
  readonly headers: readonly string[];
  /** The exchange was a login (ROUTE_CLASS.login) that succeeded. */
  readonly loggedIn: boolean;
  readonly nowMs: number;
}

/** The desk that every request passes. */
export interface Desk {
  /** Must the whole body be at hand before {@link identify}? True for signatures over it. */
  needsBody(presented: Presented): boolean;
  /** Never throws and never rejects: what goes wrong is an outcome. At once where everything needed is in memory. */
  identify(presented: Presented): Caller | Promise<Caller>;
  /** Bits of FLAG that only the answer shows, such as a session id that survived a login. */
  answered(presented: Presented, caller: Caller, answer: Answered): number;
  /** From now on this credential (by {@link Caller.credential}) counts no more; the next request with it is refused. */
  revoke(credential: string, untilMs: number): void;
  restore(credential: string): void;
  close(): Promise<void>;
}
