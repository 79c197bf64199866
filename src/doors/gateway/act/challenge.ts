/** The challenge: what is asked of a client, how its answer is looked at, and the wait of those who cannot compute. */
import type { Spent, Verdict } from '../../../runtime/live/verdict.ts';
import type { Inbound } from '../contract.ts';
import { answer, type Exchange, isNavigation, readBody } from './answer.ts';
import type { Clearances, Issued } from './clearance.ts';
import { type Notices, pageHeaders, type Refusal, retryAfter, whose } from './notice.ts';
import { challengePage, tooEarlyPage, waitedPage } from './pages/challenge-page.ts';
import { rfc3339 } from './pages/notice-page.ts';
import { difficulty, readNonce, zeroBits } from './puzzle.ts';
import { localPath } from './return-path.ts';
import { type ActContext, REDEEM_PATH, WAIT_PATH } from './settings.ts';
import { ID_BYTES, KIND, type Token, type TokenBox } from './tokens.ts';

/** How long an answer to a challenge is awaited, in seconds. Slow telephones and background tabs need minutes. */
export const ANSWER_SEC = 300;
/** Longest wait that a configuration can ask for, in seconds: used-up challenges are remembered that much longer. */
const LONGEST_WAIT_SEC = 120;
const HTML = 'text/html; charset=utf-8';

const TITLE = 'A little work is asked for first';

/** An answer that does not count, and why. */
function refusal(why: string): Refusal {
  return { status: 403, code: 'SP7407', title: 'This answer to the challenge does not count', words: [why] };
}

function notUnderstood(status: number, why: string, allow?: string): Refusal {
  const headers = allow === undefined ? undefined : ['allow', allow];
  return { status, code: 'SP7406', title: 'This answer to the challenge is not understood', words: [why], headers };
}

const OWNER_AWAY: Refusal = {
  status: 503,
  code: 'SP7408',
  title: 'The challenge cannot be looked at right now',
  words: ['Your answer is not used up. Send it again in a moment.'],
  retryAfterSec: 1,
};

export class Challenges {
  private readonly context: ActContext;
  private readonly box: TokenBox;
  private readonly clearances: Clearances;
  private readonly notices: Notices;

  constructor(context: ActContext, box: TokenBox, clearances: Clearances, notices: Notices) {
    this.context = context;
    this.box = box;
    this.clearances = clearances;
    this.notices = notices;
  }

  /** Answers with a challenge: a page that solves it for people, its figures for programs. */
  ask(exchange: Exchange, verdict: Verdict): void {
    const { inbound } = exchange;
    const config = this.context.config.challenge;
    const bits = difficulty(verdict.risk, config.difficulty_bits, config.max_difficulty_bits);
    const token = this.token(inbound, verdict, bits);
    const prefix = this.box.seal(token);
    if (isNavigation(inbound)) this.askPerson(exchange, verdict, token, prefix);
    else {
      const expires = rfc3339(token.untilSec * 1000);
      this.notices.send(exchange, {
        status: 403,
        code: 'SP7404',
        title: TITLE,
        words: [
          'Find a decimal number so that SHA-256 of prefix and number begins with difficulty_bits zero bits, send both to redeem, and repeat the request with what you get.',
        ],
        receipt: verdict.mitigation,
        untilMs: verdict.untilMs,
        extra: { challenge: { algorithm: 'SHA-256', prefix, difficulty_bits: bits, expires, redeem: REDEEM_PATH } },
      });
    }
  }

  private token(inbound: Inbound, verdict: Verdict, bits: number): Token {
    const issuedSec = Math.floor(this.context.clock() / 1000);
    return {
      kind: KIND.challenge,
      bits,
      issuedSec,
      fromSec: issuedSec,
      untilSec: issuedSec + ANSWER_SEC,
      id: this.context.random(ID_BYTES),
      binding: this.clearances.binding(inbound),
      about: verdict.class,
      actor: verdict.actor,
    };
  }

  private askPerson(exchange: Exchange, verdict: Verdict, token: Token, prefix: string): void {
    const { inbound } = exchange;
    const { challenge, answers } = this.context.config;
    const repeat = inbound.method !== 'GET' && inbound.method !== 'HEAD';
    const fromSec = token.issuedSec + challenge.wait_s;
    // The same id: whoever waited has used up the puzzle, and the other way round.
    const ticket = this.box.seal({ ...token, kind: KIND.wait, fromSec, untilSec: fromSec + ANSWER_SEC });
    const to = repeat ? '' : `&to=${encodeURIComponent(localPath(inbound.target))}`;
    const page = challengePage({
      whose: whose(this.context, inbound),
      contact: answers.contact,
      receipt: verdict.mitigation,
      prefix,
      bits: token.bits,
      redeem: REDEEM_PATH,
      wait: `${WAIT_PATH}?ticket=${ticket}${to}`,
      waitSec: challenge.wait_s,
      clearanceSec: challenge.clearance_s,
      repeat,
    });
    exchange.code = 'SP7404';
    answer(exchange, { status: 403, type: HTML, body: page.html, headers: pageHeaders(page) });
  }

  /** POST of an answer: {"prefix", "nonce"}. */
  redeem(exchange: Exchange): void {
    const { inbound } = exchange;
    if (inbound.method !== 'POST') {
      this.notices.send(exchange, notUnderstood(405, 'Answers are sent with POST.', 'POST'));
      return;
    }
    readBody(inbound, this.context.timers, (body) => {
      const given = body === null ? null : readAnswer(body);
      if (given === null) {
        const why = 'Send {"prefix": "…", "nonce": …} as JSON, with the prefix as it was given.';
        this.notices.send(exchange, notUnderstood(body === null ? 413 : 400, why));
        return;
      }
      const token = this.box.open(given.prefix, KIND.challenge);
      const wrong = this.wrong(inbound, token);
      if (token === null || wrong !== '') this.notices.send(exchange, refusal(wrong));
      else if (zeroBits(given.prefix, given.nonce) < token.bits)
        this.notices.send(exchange, refusal('The nonce does not solve the challenge.'));
      else this.spend(exchange, token, (issued) => grant(exchange, issued));
    });
  }

  /** GET of a ticket, after the wait. */
  wait(exchange: Exchange, query: URLSearchParams): void {
    const { inbound } = exchange;
    if (inbound.method !== 'GET') {
      this.notices.send(exchange, notUnderstood(405, 'Tickets are shown with GET.', 'GET'));
      return;
    }
    const token = this.box.open(query.get('ticket') ?? '', KIND.wait);
    const wrong = this.wrong(inbound, token);
    if (token === null || wrong !== '') {
      this.notices.send(exchange, refusal(wrong));
      return;
    }
    const leftSec = token.fromSec - this.context.clock() / 1000;
    if (leftSec > 0) this.tooEarly(exchange, leftSec);
    else this.spend(exchange, token, (issued) => this.goOn(exchange, issued, query.get('to')));
  }

  private tooEarly(exchange: Exchange, leftSec: number): void {
    const { inbound } = exchange;
    const page = tooEarlyPage(whose(this.context, inbound), inbound.target, Math.ceil(leftSec));
    const headers = pageHeaders(page, ['retry-after', retryAfter(leftSec)]);
    exchange.code = 'SP7407';
    answer(exchange, { status: 403, type: HTML, body: page.html, headers });
  }

  private goOn(exchange: Exchange, issued: Issued, to: string | null): void {
    if (to !== null) {
      const headers = ['location', localPath(to), 'cache-control', 'no-store', ...issued.headers];
      answer(exchange, { status: 303, type: 'text/plain; charset=utf-8', body: 'Go on.\n', headers });
      return;
    }
    const page = waitedPage(whose(this.context, exchange.inbound), this.context.config.challenge.clearance_s);
    answer(exchange, { status: 200, type: HTML, body: page.html, headers: pageHeaders(page, [...issued.headers]) });
  }

  /** Why a token does not count for this client now; '' where it does. */
  private wrong(inbound: Inbound, token: Token | null): string {
    if (token === null) return 'The challenge is not one of ours.';
    if (token.untilSec * 1000 <= this.context.clock()) return 'The challenge has expired. Ask again for a new one.';
    if (!token.binding.equals(this.clearances.binding(inbound))) return 'The challenge was made for another client.';
    return '';
  }

  /** Uses the token up, and gives a clearance for it. */
  private spend(exchange: Exchange, token: Token, then: (issued: Issued) => void): void {
    const { gate, clock } = this.context;
    const decide = (use: Spent): void => {
      if (use === 'full') {
        away();
        return;
      }
      if (use === 'seen') {
        this.notices.send(exchange, refusal('The challenge was used before. Ask again for a new one.'));
        return;
      }
      gate.solved(token.actor, token.about, clock());
      then(this.clearances.issue(exchange.inbound, token));
    };
    const away = (): void => this.notices.send(exchange, OWNER_AWAY);
    try {
      const use = gate.spend(token.id.toString('hex'), (token.untilSec + LONGEST_WAIT_SEC) * 1000);
      if (typeof use === 'string') decide(use);
      else use.then(decide).catch(away);
    } catch {
      away();
    }
  }
}

function grant(exchange: Exchange, issued: Issued): void {
  const body = {
    clearance: issued.text,
    header: 'Sallyport-Clearance',
    expires: rfc3339(issued.untilSec * 1000),
  };
  const headers = ['cache-control', 'no-store', ...issued.headers];
  answer(exchange, { status: 200, type: 'application/json', body: JSON.stringify(body), headers });
}

/** Prefix and nonce out of a body; null where they are not there. */
export function readAnswer(body: Buffer): { readonly prefix: string; readonly nonce: string } | null {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { prefix, nonce: given } = value as { prefix?: unknown; nonce?: unknown };
  const nonce = readNonce(given);
  return typeof prefix === 'string' && nonce !== null ? { prefix, nonce } : null;
}
