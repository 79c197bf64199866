/**
 * The chart: requests a second in steps, and below on the same time axis what got through, added up. Abuse that is
 * served makes the lower curve rise; once it is held, the curve is flat.
 */
import { $, draw, make, pressOne, say } from './dom.js';
import { addedUp, line, niceCeiling, secondsOf, steps, windowOf } from './series.js';
import { onChange, serverNow, state } from './state.js';
import { clock, count, counted } from './words.js';

/** Units of the plots' own coordinates; they are stretched to the width of the page. */
const WIDTH = 1000;
const TALL = 190;
const SHORT = 100;
/** Decisions marked at most: more would be a wall. */
const MOST_MARKS = 80;

let span = 300;
/** The second under the pointer or the keyboard, as its place in the window; −1 for none. */
let at = -1;
let shown = null;
const rate = makePlot('#rate-plot', TALL, ['benign', 'held', 'leaked']);
const leak = makePlot('#leak-plot', SHORT, ['leaked-area', 'tried-line', 'leaked-line']);

export function startChart() {
  $('#span').addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    span = Number(button.dataset.span);
    pressOne($('#span'), button);
    render();
  });
  const chart = $('#chart');
  for (const { box } of [rate, leak]) {
    box.addEventListener('pointermove', (event) => point(event, box));
    box.addEventListener('pointerleave', () => pick(-1));
  }
  chart.addEventListener('keydown', keys);
  chart.addEventListener('blur', () => pick(-1));
  onChange(render);
}

function makePlot(selector, height, layers) {
  const box = $(selector);
  const svg = draw('svg', { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  const paths = {};
  for (const name of ['grid', ...layers, 'decided']) {
    paths[name] = draw('path', { class: name });
    svg.append(paths[name]);
  }
  paths.grid.setAttribute('d', [0, 0.5, 1].map((part) => `M0 ${part * height}H${WIDTH}`).join(''));
  const cursor = make('i', 'cursor');
  cursor.hidden = true;
  box.append(svg, cursor);
  return { box, paths, cursor };
}

function render() {
  const known = [...state.ticks.keys()];
  // Seconds without a tick are seconds without traffic, as long as somebody would have told.
  const nowSec = Math.floor(serverNow() / 1000) - 2;
  const last = Math.max(state.connection === 'open' ? nowSec : 0, ...known);
  if (!Number.isFinite(last) || last <= 0) return;
  const frame = windowOf(known.length > 0 ? Math.min(...known) : last, last, span);
  shown = { frame, seconds: secondsOf(state.ticks, frame), sums: addedUp(state.ticks, frame) };
  drawRate(shown.seconds);
  drawLeak(shown.sums);
  drawDecisions(frame);
  drawTimes(frame);
  pick(Math.min(at, shown.seconds.length - 1));
}

function drawRate(seconds) {
  const leaked = seconds.map((t) => t?.abusive_served ?? 0);
  const abusive = seconds.map((t, i) => leaked[i] + (t?.abusive_held ?? 0));
  const all = seconds.map((t, i) => Math.max(abusive[i], t?.requests ?? 0));
  const top = niceCeiling(Math.max(1, ...all));
  const ground = seconds.map(() => 0);
  rate.paths.leaked.setAttribute('d', steps(ground, leaked, top, WIDTH, TALL));
  rate.paths.held.setAttribute('d', steps(leaked, abusive, top, WIDTH, TALL));
  rate.paths.benign.setAttribute('d', steps(abusive, all, top, WIDTH, TALL));
  axis($('#rate-axis'), top);
}

function drawLeak({ served, tried }) {
  const leaked = served[served.length - 1];
  // The scale is that of what got through: what was tried may leave it at the top, and shows so how much was held.
  const top = niceCeiling(Math.max(1, leaked * 1.25));
  // A line along the bottom would look as if something were there.
  const through = leaked === 0 ? '' : line(served, top, WIDTH, SHORT);
  leak.paths['leaked-line'].setAttribute('d', through);
  leak.paths['leaked-area'].setAttribute('d', through === '' ? '' : `${through}V${SHORT}H${WIDTH / served.length}Z`);
  const all = tried[tried.length - 1];
  leak.paths['tried-line'].setAttribute('d', all === leaked ? '' : line(tried, top, WIDTH, SHORT));
  axis($('#leak-axis'), top);
  say(
    $('#leak-name'),
    all === 0
      ? 'Abusive requests that got through, added up'
      : `Abusive requests that got through, added up: ${count(leaked)} of ${count(all)} that were tried`,
  );
}

function drawDecisions({ from, to }) {
  const seconds = new Set();
  for (const { started_at: started, action } of state.mitigations.values()) {
    const sec = Math.floor(Date.parse(started) / 1000);
    if (action !== 'allow' && sec >= from && sec <= to) seconds.add(sec);
  }
  const marks = [...seconds].sort((a, b) => a - b).slice(-MOST_MARKS);
  const x = (sec) => (((sec - from + 0.5) / (to - from + 1)) * WIDTH).toFixed(1);
  rate.paths.decided.setAttribute('d', marks.map((sec) => `M${x(sec)} 0V${TALL}`).join(''));
  leak.paths.decided.setAttribute('d', marks.map((sec) => `M${x(sec)} 0V${SHORT}`).join(''));
}

function axis(box, top) {
  const texts = [top, top / 2, 0].map(count);
  if (box.dataset.key === texts.join()) return;
  box.dataset.key = texts.join();
  box.replaceChildren(...texts.map((text) => make('span', '', text)));
}

function drawTimes({ from, to }) {
  const box = $('#time-axis');
  const texts = [0, 0.25, 0.5, 0.75, 1].map((part) => clock((from + (to - from) * part) * 1000));
  if (box.children.length === 0) box.append(...texts.map(() => make('span')));
  texts.forEach((text, i) => {
    say(box.children[i], text);
  });
}

/* One second, looked at. */

function point(event, box) {
  if (shown === null) return;
  const { left, width } = box.getBoundingClientRect();
  const n = shown.seconds.length;
  pick(Math.min(n - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * n))));
}

function keys(event) {
  if (shown === null) return;
  const n = shown.seconds.length;
  const from = at < 0 ? n : at;
  const to = { ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - 10, PageDown: from + 10, Home: 0, End: n - 1 }[
    event.key
  ];
  if (event.key === 'Escape') pick(-1);
  if (to === undefined) return;
  event.preventDefault();
  pick(Math.min(n - 1, Math.max(0, to)));
}

function pick(i) {
  at = i;
  for (const { cursor } of [rate, leak]) cursor.hidden = i < 0;
  $('.tip', rate.box)?.remove();
  if (i < 0 || shown === null) return;
  const { frame, seconds, sums } = shown;
  const n = seconds.length;
  for (const { cursor } of [rate, leak]) {
    cursor.style.left = `${(i / n) * 100}%`;
    cursor.style.width = `${100 / n}%`;
  }
  const rows = rowsOf(seconds[i], sums.served[i]);
  const time = clock((frame.from + i) * 1000);
  showTip(time, rows, (i + 0.5) / n);
  const chart = $('#chart');
  chart.setAttribute('aria-valuemax', String(n - 1));
  chart.setAttribute('aria-valuenow', String(i));
  chart.setAttribute('aria-valuetext', `${time}: ${rows.map(([name, value]) => `${name} ${value}`).join(', ')}`);
}

function rowsOf(tick, sum) {
  if (tick === null)
    return [
      ['requests', '0'],
      ['got through so far', count(sum)],
    ];
  return [
    ['requests', count(tick.requests)],
    ['abusive, got through', count(tick.abusive_served)],
    ['abusive, held', count(tick.abusive_held)],
    ['got through so far', count(sum)],
    ...(tick.established_held > 0 ? [['of known users, held', counted(tick.established_held, 'request')]] : []),
    ...(tick.status_5xx > 0 ? [['server errors', count(tick.status_5xx)]] : []),
  ];
}

function showTip(time, rows, part) {
  const tip = make(
    'div',
    'tip',
    make('b', '', time),
    ...rows.map(([name, value]) => make('div', '', make('span', '', name), make('span', '', value))),
  );
  rate.box.append(tip);
  const width = rate.box.clientWidth;
  const middle = part * width;
  const beside = part > 0.5 ? middle - tip.offsetWidth - 14 : middle + 14;
  tip.style.left = `${Math.max(0, Math.min(width - tip.offsetWidth, beside))}px`;
}
