/** The pages around a challenge: the work itself, the wait of those without scripts, and what comes after it. */
import { CHALLENGE_SCRIPT } from './challenge-script.ts';
import { layout, type Page } from './layout.ts';
import { contactLink, escapeHtml, jsonBlock } from './markup.ts';

export interface ChallengePage {
  readonly whose: string;
  readonly contact: string | undefined;
  readonly receipt: string;
  readonly prefix: string;
  readonly bits: number;
  readonly redeem: string;
  /** Path and query of the wait for those without scripts. */
  readonly wait: string;
  readonly waitSec: number;
  readonly clearanceSec: number;
  /** True where the request was not a plain look at a page: what it carried has to be sent again. */
  readonly repeat: boolean;
}

const REPEAT =
  '<p class="note">What you sent has <strong>not</strong> been passed on. When the work is done, go back and send it again.</p>';

/** How long, for people: "15 minutes". */
function words(sec: number): string {
  const unit = (n: number, name: string): string => `${n} ${name}${n === 1 ? '' : 's'}`;
  if (sec < 120) return unit(Math.ceil(sec), 'second');
  if (sec < 7200) return unit(Math.round(sec / 60), 'minute');
  return unit(Math.round(sec / 3600), 'hour');
}

/** Refreshes by itself, and has a link for those whose browser does not. */
const refresh = (sec: number, to: string): string =>
  `<meta http-equiv="refresh" content="${Math.ceil(sec)};url=${escapeHtml(to)}">`;

/** Who to ask, with the number to name. */
function footer(contact: string | undefined, receipt: string): string {
  const link = contactLink(contact);
  const number = receipt === '' ? '' : `Receipt <code>${escapeHtml(receipt)}</code>. `;
  if (link === '' && number === '') return '';
  return `<p class="soft">${number}${link === '' ? '' : `Questions: ${link}`}</p>`;
}

/** The page that has the browser work. */
export function challengePage(page: ChallengePage): Page {
  const data = {
    prefix: page.prefix,
    bits: page.bits,
    redeem: page.redeem,
    wait: page.wait,
    waitMs: page.waitSec * 1000 + 1000,
    repeat: page.repeat,
  };
  const main = `<h1>One moment, please</h1>
<p>There was unusual traffic from where you are, so your browser is asked for a little work before it goes on.
You need not do anything.</p>
${page.repeat ? REPEAT : ''}
<div id="work" class="work" hidden>
<progress id="bar" max="1" value="0" aria-label="Work done"></progress>
<p id="status" role="status" aria-live="polite">Working. This takes a few seconds.</p>
<p><button id="back" type="button" hidden>Go back</button></p>
<div id="again" hidden><p><button id="retry" type="button">Try again</button></p>
<p><a href="${escapeHtml(page.wait)}">Wait ${words(page.waitSec)} instead</a></p></div>
</div>
<noscript><p class="note">Your browser runs no scripts here, which is fine: this page goes on by itself in
${words(page.waitSec)}. If it does not, <a href="${escapeHtml(page.wait)}">go on by hand</a> then.</p></noscript>
<p class="soft">One cookie remembers for ${words(page.clearanceSec)} that the work was done, and is good for nothing else.</p>
${footer(page.contact, page.receipt)}`;
  return layout({
    title: 'One moment, please',
    whose: page.whose,
    head: `\n<noscript>${refresh(page.waitSec, page.wait)}</noscript>`,
    main,
    script: {
      source: CHALLENGE_SCRIPT,
      data: `<script type="application/json" id="task">${jsonBlock(data)}</script>`,
    },
  });
}

/** For those who come back from the wait too early. */
export function tooEarlyPage(whose: string, wait: string, leftSec: number): Page {
  return layout({
    title: 'Almost there',
    whose,
    head: `\n${refresh(leftSec, wait)}`,
    main: `<h1>Almost there</h1>
<p role="status">This page goes on by itself in ${words(leftSec)}.</p>
<p class="soft">If it does not, <a href="${escapeHtml(wait)}">go on by hand</a> then.</p>`,
  });
}

/** After the wait, where what was sent has to be sent again. */
export function waitedPage(whose: string, clearanceSec: number): Page {
  return layout({
    title: 'You can go on',
    whose,
    main: `<h1>You can go on</h1>
<p>Go back to the page before the last one and send what you sent again: it has <strong>not</strong> been passed on.</p>
<p class="soft">You will not be asked again for ${words(clearanceSec)}.</p>`,
  });
}
