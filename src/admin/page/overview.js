/** The page in short: one headline, four figures, the connection, the servers behind, and what this Sallyport is. */
import { $, make, say } from './dom.js';
import { modeOf, onChange, serverNow, stands, state } from './state.js';
import { clock, count, counted, percent } from './words.js';

/** Seconds over which the rate is averaged: one alone jumps about. */
const RATE_SECONDS = 5;

export function startOverview() {
  onChange(() => {
    showConnection();
    if (state.status === null) return;
    const sums = sumsOf(state.ticks.values());
    showHeadline(sums);
    showTiles(sums);
    showServers(state.status.upstreams);
    showAbout(state.status);
  });
}

function sumsOf(ticks) {
  const sums = { requests: 0, served: 0, held: 0, hurt: 0 };
  for (const tick of ticks) {
    sums.requests += tick.requests;
    sums.served += tick.abusive_served;
    sums.held += tick.abusive_held;
    sums.hurt += tick.established_held;
  }
  return sums;
}

const CONNECTION = { connecting: 'connecting …', open: 'live', lost: 'connection lost, trying again …' };

function showConnection() {
  const pill = $('#connection');
  pill.dataset.state = state.connection;
  say(pill, CONNECTION[state.connection]);
  document.body.classList.toggle('stale', state.connection === 'lost');
}

function showHeadline({ requests, served, held, hurt }) {
  const { status } = state;
  const nowMs = serverNow();
  const standing = [...state.mitigations.values()].filter((m) => stands(m, nowMs));
  const acted = standing.filter((m) => modeOf(m) !== 'shadow').length;
  const silent = status.requests === 0 && requests === 0;
  const box = $('#verdict');
  box.dataset.state = acted > 0 ? 'acting' : standing.length > 0 || served > 0 ? 'watching' : 'quiet';
  say($('#headline'), headline(silent, standing.length, acted, status.mode));
  say($('#subline'), silent ? '' : subline(requests, served, held, hurt, status.mode));
  $('#first-step').hidden = !silent;
  if (silent) say($('#first-command'), `curl ${status.listening?.[0] ?? 'http://127.0.0.1:8080'}/`);
  document.title = standing.length > 0 ? `(${standing.length}) Sallyport, live` : 'Sallyport, live';
}

function headline(silent, standing, acted, mode) {
  if (silent) return 'Nothing has been seen yet.';
  if (standing === 0) return 'All quiet: nobody is held.';
  if (acted === 0) {
    const why = mode === 'observe' ? 'Sallyport only observes' : 'their policies only watch';
    return `${counted(standing, 'actor')} would be held: ${why}.`;
  }
  return `${counted(acted, 'actor is', 'actors are')} held for abuse${standing > acted ? `, ${counted(standing - acted, 'more', 'more')} watched` : ''}.`;
}

function subline(requests, served, held, hurt, mode) {
  const all = `${counted(requests, 'request')} in the last 15 minutes`;
  if (served + held === 0) return `${all}, none of them abusive as far as is known.`;
  const abusive = `${count(served + held)} of them abusive`;
  if (mode === 'observe' && held === 0) return `${all}, ${abusive}; all were served, because nothing is enforced.`;
  const innocent =
    hurt === 0 ? 'No known user was held up.' : `${counted(hurt, 'request')} of known users were held up.`;
  return `${all}, ${abusive}: ${count(served)} got through, ${count(held)} were held. ${innocent}`;
}

function showTiles({ served, held, hurt }) {
  const last = Math.max(...state.ticks.keys());
  let recent = 0;
  for (let i = 0; i < RATE_SECONDS; i++) recent += state.ticks.get(last - i)?.requests ?? 0;
  const rate = Number.isFinite(last) && serverNow() / 1000 - last < RATE_SECONDS + 2 ? recent / RATE_SECONDS : 0;
  say($('#rate'), rate >= 10 || rate === 0 ? count(rate) : rate.toFixed(1));
  say($('#leaked'), count(served));
  say($('#held'), count(held));
  say(
    $('#held-words'),
    served + held > 0 ? `abusive requests held (${percent(held / (served + held))})` : 'abusive requests held',
  );
  say($('#hurt'), count(hurt));
  $('#hurt-tile').classList.toggle('bad', hurt > 0);
  $('#hurt-tile').classList.toggle('good', hurt === 0);
}

function showServers(upstreams) {
  $('#no-servers').hidden = upstreams.length > 0;
  const list = $('#servers');
  const key = JSON.stringify(upstreams);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(
    ...upstreams.map(({ name, url, state: condition }) => {
      const fine = /^(healthy|up|ok|closed)$/i.test(condition);
      const mark = make('span', `state ${fine ? 'fine' : 'off'}`, condition);
      return make('li', '', mark, make('b', '', name), make('code', '', url));
    }),
  );
}

const DEGRADED = [
  'everything is scored',
  'bodies are not scored',
  'statistics are left out, too',
  'only counters are kept',
];

function showAbout(status) {
  const facts = [
    ['Version', status.version],
    ['Running since', clock(Date.parse(status.started_at))],
    ['Requests', count(status.requests)],
    ['Scoring', DEGRADED[status.degraded] ?? `degraded by ${status.degraded}`],
    ['Policy', status.policy],
    ['Model', status.model],
    ['Decision hash', status.decision_hash],
  ];
  const key = JSON.stringify(facts);
  const list = $('#about');
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...facts.flatMap(([name, text]) => [make('dt', '', name), make('dd', '', text)]));
}
