/** What the operator's verbs print. Everything that came from traffic is made printable first. */
import { columns, type Paint, printable, wrap } from '../doors/replay/render/text.ts';
import { actorName, count, counted, percent, riskPercent, when } from '../doors/replay/render/words.ts';
import { humanDuration } from '../lib/units.ts';
import type { LiveStatus, Mitigation, UndoReceipt } from '../runtime/live/operator.ts';

/** Left margin of what belongs to the line above. */
const INDENT = '    ';

/** Mitigations as blocks: head, sentence, figures. */
export function mitigationsText(list: readonly Mitigation[], width: number, paint: Paint, nowMs: number): string {
  const blocks = list.map((m) => {
    const stands = m.status === 'active' || m.status === 'pending';
    const left = Math.max(0, Date.parse(m.until) - nowMs);
    const state = stands ? `${humanDuration(left)} left` : m.status;
    const head = [
      paint.bold(m.id),
      m.mode === 'shadow' ? `would ${m.action}` : m.action,
      printable(actorName(m.actor)),
      m.class,
      state,
    ].join('  ');
    const figures = `${counted(m.requests_before, 'request')} before, ${counted(m.requests_met, 'request')} since, risk ${riskPercent(m.risk)}`;
    return [head, ...indented(m.sentence, width), ...indented(figures, width).map(paint.dim)].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}

/** The receipt of an undo. */
export function receiptText(receipt: UndoReceipt, width: number, paint: Paint): string {
  const { grace } = receipt;
  const graceWords =
    grace.detectors.length === 0
      ? 'none'
      : `${grace.detectors.join(', ')} until ${when(grace.until)} UTC, ${counted(grace.requests, 'request')} at most`;
  const remains = receipt.cannot_be_removed.map((e) => `${e.what} (share ${percent(e.share_percent / 100)})`);
  const enforcers = receipt.enforcers.map((e) => `${e.name}${e.acknowledged ? '' : ' (has not answered yet)'}`);
  const rows = [
    ['lifted', receipt.lifted.join(', ')],
    ['cleared', receipt.cleared.join(', ') || 'nothing was kept'],
    ['restarted', receipt.restarted.join(', ') || 'nothing'],
    ['cannot be removed', remains.join(', ') || 'nothing'],
    ['grace', graceWords],
    ['taken back by', enforcers.join(', ') || 'nobody else acted on it'],
    ['ledger', `entry ${receipt.ledger}, by ${receipt.by}: ${receipt.reason}`],
  ];
  return `${paint.bold(`${receipt.mitigation} is undone.`)}\n${facts(rows, width, paint)}`;
}

/** What runs, and how it does. */
export function statusText(
  status: LiveStatus & { listening?: readonly string[] },
  width: number,
  paint: Paint,
): string {
  const upstreams = status.upstreams.map(({ name, url, state }) => `${name} ${url} ${state}`);
  const outputs = (status.outputs ?? []).map(outputText);
  const actors = Object.entries(status.actors).map(([dimension, n]) => `${count(n)} ${dimension}`);
  const rows = [
    ['mode', status.mode === 'observe' ? 'observe: nothing is acted on' : 'enforce'],
    ['mitigations', `${count(status.mitigations_active)} in force`],
    ['requests', count(status.requests)],
    ['actors', actors.join(', ') || 'none'],
    ['scoring', status.degraded === 0 ? 'whole' : `degraded by ${status.degraded}`],
    ['listening', (status.listening ?? []).join(', ')],
    ['upstreams', upstreams.join(', ') || 'none'],
    ['outputs', outputs.join('; ')],
    ['since', `${when(status.started_at)} UTC`],
    ['policy', status.policy],
    ['model', modelText(status)],
    ['workers', count(status.workers)],
    ['decision hash', status.decision_hash],
  ].filter(([, text]) => text !== '');
  return `${paint.bold(`Sallyport ${printable(status.version)}`)}\n${facts(rows, width, paint)}`;
}

/** How an output does; what was lost is said also where it goes well by now. */
function outputText(output: NonNullable<LiveStatus['outputs']>[number]): string {
  const { name, to, state, sent, waiting, dropped, problem } = output;
  const figures = [`${count(sent)} sent`];
  if (waiting > 0) figures.push(`${count(waiting)} waiting`);
  if (dropped > 0) figures.push(`${count(dropped)} lost`);
  return printable(`${name} (${to}) ${state}: ${figures.join(', ')}${problem === '' ? '' : `, ${problem}`}`);
}

/** Which model is in force, since when, or how far away the first one is. */
function modelText({ model, model_learned_at, routes_known, learning }: LiveStatus): string {
  const learned = model_learned_at === '' ? 'nothing learned yet' : `learned ${when(model_learned_at)} UTC`;
  const next = !learning.enabled
    ? 'learning is off'
    : `${count(learning.seen)} of at least ${count(learning.wanted)} exchanges for the next`;
  return `${model}: ${learned}, ${counted(routes_known, 'route')} known, ${next}`;
}

/** Rows of a name and a text, whose longer texts go on under themselves. */
export function facts(rows: readonly (readonly string[])[], width: number, paint: Paint): string {
  const longest = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.flatMap(([name, text]) =>
    wrap(printable(text), Math.max(20, width - longest - 4)).map((line, i) => [i === 0 ? paint.dim(name) : '', line]),
  );
  return `${columns(lines, width)
    .map((line) => `  ${line}`)
    .join('\n')}\n`;
}

const indented = (text: string, width: number): string[] =>
  wrap(printable(text), Math.max(20, width - INDENT.length)).map((line) => INDENT + line);
