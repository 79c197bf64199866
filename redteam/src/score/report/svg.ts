/** Parts that charts are made of. Coordinates are in CSS pixels, rounded to a tenth. */
import type { Level } from '../../contract.ts';

/** Makes text safe in HTML and in attributes. */
export function escapeText(text: string | number): string {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A coordinate, without digits that nobody sees. */
export function at(n: number): string {
  return String(Math.round(n * 10) / 10);
}

/** From values to pixels, linear or logarithmic; values beyond the ends are put at the ends. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

export function linear(from: number, to: number, left: number, right: number, ticks: readonly number[]): Scale {
  const scale = (value: number): number => {
    const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
    return left + share * (right - left);
  };
  return Object.assign(scale, { ticks });
}

export function logarithmic(from: number, to: number, left: number, right: number, ticks: readonly number[]): Scale {
  const inner = linear(Math.log10(from), Math.log10(to), left, right, []);
  const scale = (value: number): number => inner(Math.log10(Math.max(from, value)));
  return Object.assign(scale, { ticks: ticks.filter((t) => t >= from && t <= to) });
}

/** Marks of the levels: a shape each, so that they can be told apart without colours. */
export function mark(level: Level, x: number, y: number, hollow: boolean, title: string): string {
  const look = `class="mark ${level}${hollow ? ' hollow' : ''}"`;
  const tip = `<title>${escapeText(title)}</title>`;
  const path = (d: string): string => `<path ${look} d="${d}">${tip}</path>`;
  const [l, r, t, b] = [x - 5, x + 5, y - 5, y + 5].map(at);
  if (level === 'E0') return `<circle ${look} cx="${at(x)}" cy="${at(y)}" r="4.6">${tip}</circle>`;
  if (level === 'E1')
    return `<rect ${look} x="${at(x - 4.2)}" y="${at(y - 4.2)}" width="8.4" height="8.4">${tip}</rect>`;
  if (level === 'E2') return path(`M${at(x)} ${t}L${r} ${at(y)}L${at(x)} ${b}L${l} ${at(y)}Z`);
  if (level === 'E3') return path(`M${at(x)} ${t}L${r} ${at(y + 4)}L${l} ${at(y + 4)}Z`);
  return path(`M${l} ${at(y - 4)}L${r} ${at(y - 4)}L${at(x)} ${b}Z`);
}

/** A horizontal axis with grid lines up to `top`. */
export function axisX(scale: Scale, top: number, bottom: number, show: (n: number) => string, title: string): string {
  const lines = scale.ticks.map((tick) => {
    const x = at(scale(tick));
    return `<path class="grid" d="M${x} ${at(top)}V${at(bottom)}"/><text class="tick" x="${x}" y="${at(bottom + 16)}" text-anchor="middle">${escapeText(show(tick))}</text>`;
  });
  const middle = (scale(scale.ticks[0]) + scale(scale.ticks[scale.ticks.length - 1])) / 2;
  return `${lines.join('')}<text class="axis" x="${at(middle)}" y="${at(bottom + 34)}" text-anchor="middle">${escapeText(title)}</text>`;
}

/** A vertical axis with grid lines from `left` to `right`; its title stands above it. */
export function axisY(scale: Scale, left: number, right: number, show: (n: number) => string, title: string): string {
  const lines = scale.ticks.map((tick) => {
    const y = scale(tick);
    return `<path class="grid" d="M${at(left)} ${at(y)}H${at(right)}"/><text class="tick" x="${at(left - 8)}" y="${at(y + 4)}" text-anchor="end">${escapeText(show(tick))}</text>`;
  });
  const top = Math.min(...scale.ticks.map(scale));
  return `${lines.join('')}<text class="axis" x="${at(left - 8)}" y="${at(top - 14)}" text-anchor="end">${escapeText(title)}</text>`;
}

/** A drawing of that size, with a sentence for those who cannot see it. */
export function svg(width: number, height: number, label: string, content: string): string {
  return `<svg viewBox="0 0 ${at(width)} ${at(height)}" width="${at(width)}" height="${at(height)}" role="img" aria-label="${escapeText(label)}">${content}</svg>`;
}
