/**
 * Tokens that count only together with a key: with the client's certificate (RFC 8705) or with a DPoP proof (RFC 9449). A
 * token that is bound and comes alone was taken from its owner, until shown otherwise.
 */
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { Ask, Caller, ClientCertificate, Presented } from '../contract.ts';
import type { Found } from '../scheme.ts';
import type { Dpop, ProofProblem } from './dpop.ts';

/** What a token is bound to; '' where it is not. */
export interface Confirmation {
  /** Thumbprint of a key: DPoP. */
  readonly jkt: string;
  /** Thumbprint of a certificate. */
  readonly x5t: string;
  /** It is bound in a way that cannot be checked here. */
  readonly other: boolean;
}

const UNBOUND: Confirmation = { jkt: '', x5t: '', other: false };

/** `cnf` of a token (RFC 7800). */
export function confirmationOf(cnf: unknown): Confirmation {
  if (cnf === undefined || cnf === null) return UNBOUND;
  if (typeof cnf !== 'object') return { ...UNBOUND, other: true };
  const { jkt, 'x5t#S256': x5t } = cnf as Record<string, unknown>;
  const known = { jkt: typeof jkt === 'string' ? jkt : '', x5t: typeof x5t === 'string' ? x5t : '' };
  return { ...known, other: known.jkt === '' && known.x5t === '' };
}

export interface BindingOptions {
  /** Null where no proofs are taken: a token that is bound to a key is refused then. */
  readonly dpop: Dpop | null;
  /** The client's certificate: from TLS, or from an edge that is trusted. */
  readonly certificate: (presented: Presented) => ClientCertificate | null;
}

export class Bindings {
  private readonly options: BindingOptions;

  constructor(options: BindingOptions) {
    this.options = options;
  }

  /** The caller as it is, or refused where the token's key is missing. At once unless a proof has to be verified. */
  check(
    caller: Caller,
    cnf: Confirmation,
    token: string,
    presented: Presented,
    found: Found,
  ): Caller | Promise<Caller> {
    if (cnf.other) return elsewhere(caller, 'the token is bound in a way that cannot be checked');
    if (cnf.x5t !== '') {
      const certificate = this.options.certificate(presented);
      if (certificate?.thumbprint !== cnf.x5t)
        return elsewhere(caller, 'the token is bound to a certificate that was not shown');
    }
    if (cnf.jkt === '') {
      // A token that is not bound, under the scheme of bound ones: RFC 9449, 7.1 has it refused.
      return found.authScheme === 'dpop' ? this.refuse(caller, 'token', presented) : caller;
    }
    if (found.authScheme !== 'dpop' || this.options.dpop === null) return this.refuse(caller, 'missing', presented);
    return this.proven(caller, cnf, token, presented, found);
  }

  private async proven(
    caller: Caller,
    cnf: Confirmation,
    token: string,
    presented: Presented,
    found: Found,
  ): Promise<Caller> {
    const proof = await this.options.dpop?.check(found.dpop, token, cnf.jkt, presented);
    const problem = proof?.problem ?? 'missing';
    if (problem !== '') return this.refuse(caller, problem, presented);
    const nonce = this.options.dpop?.nextNonce(presented.nowMs) ?? '';
    return nonce === '' ? caller : { ...caller, tells: ['dpop-nonce', nonce] };
  }

  private refuse(caller: Caller, problem: ProofProblem, { nowMs }: Presented): Caller {
    const { dpop } = this.options;
    const detail = DETAILS[problem];
    // A missing nonce or a proof that is a little too old happens to everybody once: no evidence of a stolen token.
    const innocent = problem === 'nonce' || problem === 'time' || problem === 'token';
    const refused = innocent
      ? { ...caller, principal: '', outcome: AUTH_OUTCOME.binding, detail }
      : elsewhere(caller, detail);
    const replayed = problem === 'replayed';
    return {
      ...refused,
      outcome: replayed ? AUTH_OUTCOME.replayed : refused.outcome,
      flags: replayed ? caller.flags | FLAG.REPLAYED : refused.flags,
      ask: dpop === null ? undefined : asked(problem, dpop, nowMs),
    };
  }
}

/** What a client is told to send. */
function asked(problem: ProofProblem, dpop: Dpop, nowMs: number): Ask {
  const algs = `algs="${dpop.algorithms.join(' ')}"`;
  if (problem === 'nonce')
    return { challenge: `DPoP error="use_dpop_nonce", ${algs}`, headers: ['dpop-nonce', dpop.nonceAt(nowMs)] };
  return { challenge: `DPoP error="invalid_dpop_proof", ${algs}`, headers: [] };
}

function elsewhere(caller: Caller, detail: string): Caller {
  const flags = caller.flags | FLAG.BOUND_ELSEWHERE;
  return { ...caller, principal: '', outcome: AUTH_OUTCOME.binding, flags, detail };
}

const DETAILS: Readonly<Record<ProofProblem, string>> = {
  '': '',
  missing: 'the token is bound to a key whose proof was not sent',
  malformed: 'the proof of the key cannot be read',
  request: 'the proof was made for another request',
  time: 'the proof is too old or from the future',
  nonce: 'the proof needs the nonce that comes with this answer',
  key: 'the proof is of another key than the token is bound to',
  token: 'the proof and the token do not belong together',
  signature: 'the signature of the proof is wrong',
  replayed: 'the proof was used before',
};
