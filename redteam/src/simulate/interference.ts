/** Something between the visitors and the site, as a gateway is: it decides before the site sees a request. */
import type { Answer, Exchange, Handling, Request } from '../contract.ts';

export interface Verdict {
  readonly handling: Handling;
  /** Status of a refusal (403) or challenge (401). */
  readonly status?: number;
  /** How long a delayed request waits (1000). */
  readonly delayMs?: number;
}

/** Told only what can be seen on the wire; the truth stays behind. */
export interface Interference {
  /** Decides on a request that has arrived. */
  handle(request: Request, timeMs: number): Verdict;
  /** Told what came of every request, in the order of their arrival. */
  observe?(exchange: Omit<Exchange, 'label'>): void;
}

/** What a gateway answers in the site's place; undefined where the site is asked. */
export function ownAnswer(verdict: Verdict): Answer | undefined {
  const { handling } = verdict;
  if (handling !== 'refused' && handling !== 'challenged') return undefined;
  return {
    status: verdict.status ?? (handling === 'refused' ? 403 : 401),
    bytes: handling === 'refused' ? 146 : 2317,
    durationMs: 1,
    handling,
    body: {},
    principal: '',
    session: '',
    credential: '',
    events: [],
    gain: 0,
  };
}

/** The site's answer as it comes out of a gateway that made the request wait. */
export function delayed(answer: Answer, verdict: Verdict): Answer {
  if (verdict.handling !== 'delayed') return answer;
  return { ...answer, handling: 'delayed', durationMs: answer.durationMs + (verdict.delayMs ?? 1000) };
}
