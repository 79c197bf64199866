/** What an undo did, in words: the receipt under a decision. */
import { make } from './dom.js';
import { clock, counted, list, percent } from './words.js';

/** The receipt as an element. Entries that are empty are left out, but never the one that says what remains. */
export function receiptOf(receipt) {
  const { grace } = receipt;
  const rows = [
    ['Lifted', list(receipt.lifted)],
    ['Cleared', list(receipt.cleared) || 'nothing was kept of this actor'],
    ['Started anew', list(receipt.restarted)],
    ['Cannot be removed', remains(receipt.cannot_be_removed)],
    [
      'Grace',
      grace.detectors.length === 0
        ? ''
        : `${list(grace.detectors)} will not hold the same against it until ${clock(Date.parse(grace.until))}, ` +
          `for ${counted(grace.requests, 'request')} at most. Anything else is still caught.`,
    ],
    [
      'Taken back by',
      list(receipt.enforcers.map((e) => `${e.name} ${e.acknowledged ? '✓' : '(has not answered yet)'}`)),
    ],
    ['Ledger', `entry ${receipt.ledger}: “${receipt.reason}”, by ${receipt.by}`],
  ].filter(([, text]) => text !== '');
  const title = make('h3', '', `Undone at ${clock(Date.parse(receipt.undone_at))}`);
  const facts = make('dl', 'facts', ...rows.flatMap(([name, text]) => [make('dt', '', name), make('dd', '', text)]));
  const box = make('div', 'receipt', title, facts);
  box.tabIndex = -1;
  return box;
}

function remains(entries) {
  if (entries.length === 0) return 'nothing: all of it is gone';
  return list(entries.map(({ what, share_percent: share }) => `${what} (its share is ${percent(share / 100)})`));
}
