/** How wide the terminal is and whether it takes colour. */
import pc from 'picocolors';
import { type Paint, PLAIN } from '../doors/replay/render/text.ts';
import type { Cli, Sink } from './ports.ts';

const DEFAULT_COLUMNS = 80;

/** Columns to lay out for: the terminal's own, else $COLUMNS, else 80, so that a file reads like a page. */
export function columnsOf(sink: Sink, env: Cli['env']): number {
  if (sink.columns !== undefined && sink.columns > 0) return sink.columns;
  const wished = Number(env.COLUMNS);
  return Number.isInteger(wished) && wished > 0 ? wished : DEFAULT_COLUMNS;
}

/**
 * Colour on a terminal, unless NO_COLOR is set (no-color.org) or the terminal is dumb. `--color` and `--no-color`, and
 * FORCE_COLOR, overrule.
 */
export function paintFor(sink: Sink, env: Cli['env'], wished: boolean | undefined): Paint {
  return takesColour(sink, env, wished) ? pc.createColors(true) : PLAIN;
}

function takesColour(sink: Sink, env: Cli['env'], wished: boolean | undefined): boolean {
  if (wished !== undefined) return wished;
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0') return true;
  return sink.isTTY && env.TERM !== 'dumb';
}
