/** Refusals for both kinds of reader: a problem document (RFC 9457) for programs, a page with the same facts for people. */
import type { ErrorCode } from '../../../lib/errors.ts';
import type { HeaderList, Inbound } from '../contract.ts';
import { answer, type Exchange, isNavigation, PAGE_HEADERS, refuse } from './answer.ts';
import type { Page } from './pages/layout.ts';
import { noticePage, rfc3339 } from './pages/notice-page.ts';
import { type ActContext, RECEIPT_PATH } from './settings.ts';
import { BINDING_BYTES, ID_BYTES, KIND, type TokenBox } from './tokens.ts';

/** What a stopped client is told. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  /** The same every time. Read by people and programs. */
  readonly title: string;
  /** Sentences: joined for programs, one a paragraph for people. */
  readonly words: readonly string[];
  /** Id of the mitigation; '' for none. */
  readonly receipt?: string;
  /** Unix ms until which it stands; 0 for none. */
  readonly untilMs?: number;
  readonly retryAfterSec?: number;
  readonly headers?: HeaderList;
  /** Further members of the document, for programs only. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Headers of a page. */
export function pageHeaders(page: Page, more: HeaderList = []): HeaderList {
  return [...PAGE_HEADERS, 'content-security-policy', page.policy, ...more];
}

/** Whose page it is. */
export function whose(context: ActContext, inbound: Inbound): string {
  return context.config.answers.brand || inbound.host;
}

export class Notices {
  private readonly context: ActContext;
  private readonly box: TokenBox;

  constructor(context: ActContext, box: TokenBox) {
    this.context = context;
    this.box = box;
  }

  /** Answers with a refusal, in the form that its reader understands. */
  send(exchange: Exchange, what: Refusal): void {
    if (isNavigation(exchange.inbound)) this.page(exchange, what);
    else this.document(exchange, what);
  }

  /** Path of a receipt's page. The seal says that the link is ours, and until when it stands. */
  receiptPath(receipt: string, untilMs: number): string {
    const seal = this.box.seal({
      kind: KIND.receipt,
      bits: 0,
      issuedSec: 0,
      fromSec: 0,
      untilSec: Math.ceil(untilMs / 1000),
      id: Buffer.alloc(ID_BYTES),
      binding: Buffer.alloc(BINDING_BYTES),
      about: receipt,
      actor: '',
    });
    return `${RECEIPT_PATH}${receipt}?seal=${seal}`;
  }

  private document(exchange: Exchange, what: Refusal): void {
    const { contact } = this.context.config.answers;
    const receipt = what.receipt ?? '';
    const untilMs = what.untilMs ?? 0;
    refuse(exchange, {
      status: what.status,
      code: what.code,
      title: what.title,
      detail: what.words.join(' '),
      retryAfterSec: what.retryAfterSec,
      headers: what.headers,
      instance: receipt === '' ? undefined : this.receiptPath(receipt, untilMs),
      extra: {
        ...what.extra,
        ...(receipt === '' ? {} : { receipt }),
        ...(untilMs > 0 ? { expires: rfc3339(untilMs) } : {}),
        ...(contact === undefined ? {} : { contact }),
      },
    });
  }

  private page(exchange: Exchange, what: Refusal): void {
    const { title, words } = what;
    const page = noticePage({
      whose: whose(this.context, exchange.inbound),
      title,
      words,
      receipt: what.receipt ?? '',
      untilMs: what.untilMs ?? 0,
      contact: this.context.config.answers.contact,
    });
    const wait = what.retryAfterSec === undefined ? [] : ['retry-after', retryAfter(what.retryAfterSec)];
    exchange.code = what.code;
    answer(exchange, {
      status: what.status,
      type: 'text/html; charset=utf-8',
      body: page.html,
      headers: pageHeaders(page, [...(what.headers ?? []), ...wait]),
    });
  }
}

/** Retry-After in whole seconds, at least 1. */
export function retryAfter(sec: number): string {
  return String(Math.max(1, Math.ceil(sec)));
}
