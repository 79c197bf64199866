/** The list of decisions: one card each, the newest on top, with its reasons and the button that takes it back. */
import { ask } from './api.js';
import { $, make, pressOne, say } from './dom.js';
import { receiptOf } from './receipt.js';
import { modeOf, onChange, serverNow, stands, state, takeReceipt } from './state.js';
import { actionWords, actorName, className, counted, list, riskPercent, timeLeft } from './words.js';

const FIRST_SHOWN = 12;
/** New decisions are read out at most this often, in ms. */
const ANNOUNCE_MS = 6000;

const CLASSES = new Set([
  'probing',
  'injection',
  'credential-attack',
  'enumeration',
  'scraping',
  'code-guessing',
  'resource-exhaustion',
  'declared-tool',
  'rotation',
  'automation',
  'decoy',
  'take-over',
  'object-access',
  'sign-up',
  'workflow',
  'leaked-key',
  'misuse',
  'device-storm',
  'cost',
]);

/** Cards by id: they are kept, so that what somebody types or has opened stays. */
const cards = new Map();
let which = 'standing';
let most = FIRST_SHOWN;
let announcedAt = 0;
const announced = new Set();

export function startDecisions() {
  $('#which').addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    which = button.dataset.which;
    most = FIRST_SHOWN;
    pressOne($('#which'), button);
    render();
  });
  $('#more').addEventListener('click', () => {
    most += FIRST_SHOWN;
    render();
  });
  onChange(render);
}

function render() {
  const nowMs = serverNow();
  const all = [...state.mitigations.values()].sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
  // One that was taken back stays where it is, with its receipt.
  const chosen = which === 'all' ? all : all.filter((m) => stands(m, nowMs) || state.receipts.has(m.id));
  const shown = chosen.slice(0, most);
  const box = $('#decisions');
  shown.forEach((mitigation, i) => {
    const card = cardOf(mitigation);
    card.update(mitigation, nowMs, i === 0);
    if (box.children[i] !== card.element) box.insertBefore(card.element, box.children[i] ?? null);
  });
  while (box.children.length > shown.length) box.lastElementChild.remove();
  for (const id of cards.keys()) if (!state.mitigations.has(id)) cards.delete(id);
  $('#no-decisions').hidden = chosen.length > 0;
  say($('#no-decisions'), emptyWords(all.length));
  $('#more').hidden = chosen.length <= most;
  say($('#more'), `Show more (${chosen.length - shown.length})`);
  announce(all, nowMs);
}

function emptyWords(known) {
  return known === 0
    ? 'None yet. When somebody abuses the API, it says here in one sentence who, how that is known, and what is done about it.'
    : `None stands now. ${counted(known, 'earlier one')} under “All”.`;
}

/** Reads new ones out to who cannot see them; several at once as a number. */
function announce(all, nowMs) {
  const fresh = all.filter((m) => !announced.has(m.id));
  if (fresh.length === 0 || nowMs - announcedAt < ANNOUNCE_MS) return;
  announcedAt = nowMs;
  for (const id of announced) if (!state.mitigations.has(id)) announced.delete(id);
  for (const { id } of fresh) announced.add(id);
  say($('#announce'), fresh.length === 1 ? fresh[0].sentence : `${fresh.length} new decisions. ${fresh[0].sentence}`);
}

function cardOf(mitigation) {
  let card = cards.get(mitigation.id);
  if (!card) {
    card = makeCard(mitigation.id);
    cards.set(mitigation.id, card);
  }
  return card;
}

function makeCard(id) {
  const parts = {
    dot: make('i', 'dot'),
    kind: make('span', 'kind'),
    action: make('span', 'chip'),
    left: make('span', 'left'),
    sentence: make('p', 'sentence'),
    figures: make('p', 'figures'),
    reasons: make('ul', 'reasons'),
    undo: make('button', 'undo', 'Undo'),
    place: make('div'),
  };
  parts.undo.type = 'button';
  const why = make('details', 'why', make('summary', '', 'Why'), parts.reasons);
  const head = make('header', '', make('span', 'what', parts.dot, parts.kind), parts.action, parts.left);
  const foot = make('div', 'foot', why, parts.undo);
  const element = make('article', 'decision', head, parts.sentence, parts.figures, foot, parts.place);
  element.dataset.id = id;
  parts.undo.addEventListener('click', () => openUndo(id, parts));
  return { element, update: (mitigation, nowMs, newest) => update(element, parts, mitigation, nowMs, newest) };
}

function update(element, parts, m, nowMs, newest) {
  const standing = stands(m, nowMs);
  element.classList.toggle('newest', newest);
  element.classList.toggle('over', !standing);
  element.dataset.action = modeOf(m) === 'shadow' ? 'shadow' : m.action;
  parts.dot.className = `dot c-${CLASSES.has(m.class) ? m.class : 'other'}`;
  say(parts.kind, className(m.class));
  say(parts.action, standing ? actionWords(m.action, modeOf(m)) : m.status === 'undone' ? 'undone' : 'over');
  say(parts.left, standing ? timeLeft(Date.parse(m.until) - nowMs) : '');
  parts.left.title = standing ? 'time left' : '';
  say(parts.sentence, m.sentence || `${actorName(m.actor)}: ${className(m.class)}.`);
  say(parts.figures, figures(m, standing));
  showReasons(parts.reasons, m);
  parts.undo.hidden = !standing;
  parts.undo.setAttribute('aria-label', `Undo: ${actorName(m.actor)}`);
  const receipt = state.receipts.get(m.id);
  if (receipt && !parts.place.querySelector('.receipt')) {
    parts.place.replaceChildren(receiptOf(receipt));
  }
}

function figures(m, standing) {
  const before = `${counted(m.requests_before, 'request')} before`;
  const since =
    modeOf(m) === 'shadow'
      ? `${counted(m.requests_met, 'request')} since`
      : `${counted(m.requests_met, 'request')} met since`;
  const risk = `risk ${riskPercent(m.risk)}`;
  return [before, since, risk, ...(standing && m.status === 'pending' ? ['not yet in the ledger'] : [])].join(' · ');
}

function showReasons(box, m) {
  const rows = [
    ...m.reasons.map(({ detector, nats, why }) => [why, `${detector}, ${nats.toFixed(1)} nats`]),
    [
      `${actorName(m.actor)} · ${m.id}`,
      list([`policy ${m.policy}`, `mode ${m.mode}`, ...(m.derived_from ? [`follows from ${m.derived_from}`] : [])]),
    ],
  ];
  const key = JSON.stringify(rows);
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.replaceChildren(...rows.map(([text, meta]) => make('li', '', make('p', '', text), make('small', '', meta))));
}

/** Asks why, then takes the decision back and shows what that did. */
function openUndo(id, parts) {
  if (parts.place.firstChild) {
    parts.place.querySelector('input')?.focus();
    return;
  }
  const field = make('input');
  field.id = `why-${id}`;
  field.required = true;
  field.maxLength = 500;
  field.autocomplete = 'off';
  field.placeholder = 'our own load test';
  const label = make('label', '', 'Why is it wrong? It is kept in the ledger.');
  label.htmlFor = field.id;
  const confirm = make('button', 'primary', 'Undo it');
  confirm.type = 'submit';
  const cancel = make('button', '', 'Keep it');
  cancel.type = 'button';
  const problem = make('p', 'error');
  problem.setAttribute('role', 'alert');
  const form = make('form', 'undo-form', label, field, problem, make('div', 'buttons', confirm, cancel));
  const close = () => {
    form.remove();
    parts.undo.focus();
  };
  cancel.addEventListener('click', close);
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sendUndo(id, field.value, parts, confirm, problem);
  });
  parts.place.replaceChildren(form);
  field.focus();
}

async function sendUndo(id, reason, parts, confirm, problem) {
  confirm.disabled = true;
  try {
    const receipt = await ask(`/api/v1/mitigations/${id}/undo`, { method: 'POST', body: { reason, by: 'live page' } });
    takeReceipt(receipt);
    const shown = receiptOf(receipt);
    parts.place.replaceChildren(shown);
    shown.focus();
  } catch (error) {
    say(problem, `That did not work: ${error.message}`);
    confirm.disabled = false;
  }
}
