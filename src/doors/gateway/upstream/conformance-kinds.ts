/** The two kinds of conformance cases. */
import type { Outcome } from '../contract.ts';

export interface AnswerCase {
  readonly name: string;
  /** Bytes of the server, as latin1, and what it does after them. */
  readonly answer: string;
  readonly after?: 'keep' | 'end' | 'reset';
  /** Bytes of the client; a GET that closes when left out. */
  readonly request?: string;
  readonly status: number;
  readonly reason?: string;
  readonly body?: string;
  /** Header lines that must be there, in this order and exactly so. */
  readonly has?: readonly string[];
  /** Names that must not be there. */
  readonly lacks?: readonly string[];
  readonly trailers?: readonly string[];
  /** Status lines of informational answers before the final one. */
  readonly before?: readonly string[];
  /** False where the answer must be recognisable as broken off. */
  readonly whole?: boolean;
  readonly outcome?: Partial<Outcome>;
}

export interface RequestCase {
  readonly name: string;
  /** Bytes of the client. */
  readonly request: string;
  /** Request line that the server is to see. */
  readonly line: string;
  /** Header lines that the server is to see, in this order. */
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
  /** Body as the server decodes it. */
  readonly body?: string;
  readonly trailers?: readonly string[];
  readonly outcome?: Partial<Outcome>;
}
