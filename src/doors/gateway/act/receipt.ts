/** The page of a receipt: what a client may know of what stands against it. Bare ids tell nothing; sealed links tell the end. */
import { answer, type Exchange, isNavigation } from './answer.ts';
import { type Notices, pageHeaders, whose } from './notice.ts';
import { noticePage, rfc3339 } from './pages/notice-page.ts';
import type { ActContext } from './settings.ts';
import { KIND, type TokenBox } from './tokens.ts';

const RECEIPT = /^M-[0-9a-f]{10}$/;

/** What there is nothing of. */
export function sendNothingHere(exchange: Exchange, notices: Notices): void {
  notices.send(exchange, {
    status: 404,
    code: 'SP7409',
    title: 'There is nothing here',
    words: ['This address belongs to the gateway in front of the API, and nothing is served under it.'],
  });
}

/**
 * Answers for one receipt. Whether a bare id exists is not told: it could be guessed, and would tell strangers how busy
 * the defence is.
 */
export function serveReceipt(
  exchange: Exchange,
  id: string,
  seal: string,
  parts: { readonly context: ActContext; readonly box: TokenBox; readonly notices: Notices },
): void {
  if (!RECEIPT.test(id)) {
    sendNothingHere(exchange, parts.notices);
    return;
  }
  const { context } = parts;
  const token = parts.box.open(seal, KIND.receipt);
  const untilMs = token?.about === id ? token.untilSec * 1000 : 0;
  const ended = untilMs > 0 && untilMs <= context.clock();
  const { contact } = context.config.answers;
  const noStore = ['cache-control', 'no-store'];
  if (!isNavigation(exchange.inbound)) {
    const times = untilMs > 0 ? { expires: rfc3339(untilMs), ended } : {};
    const body = JSON.stringify({ receipt: id, ...times, ...(contact === undefined ? {} : { contact }) });
    answer(exchange, { status: 200, type: 'application/json', body, headers: noStore });
    return;
  }
  const page = noticePage({
    whose: whose(context, exchange.inbound),
    title: `Receipt ${id}`,
    words: wordsFor(untilMs, ended),
    receipt: id,
    untilMs: ended ? 0 : untilMs,
    contact,
  });
  answer(exchange, { status: 200, type: 'text/html; charset=utf-8', body: page.html, headers: pageHeaders(page) });
}

function wordsFor(untilMs: number, ended: boolean): string[] {
  if (ended) return ['What this receipt is about has ended. If you are still stopped, something new has begun.'];
  const means = 'This is the number of a decision that a program took about traffic to this API. It can be wrong.';
  const end = untilMs > 0 ? 'It ends by itself.' : 'It ends by itself; the document that named the receipt says when.';
  return [means, `${end} Whoever runs the API can look up why it was taken, and end it earlier.`];
}
