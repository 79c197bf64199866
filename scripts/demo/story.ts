/** What happens, told in plain sentences: one when people come, one for every decision, figures now and then. */
import type { Event, Mitigation, Tick } from './watch.ts';

/** Figures are told this often, in seconds. */
const FIGURES_EVERY_SEC = 20;
/** Decisions told one by one in a second; the rest as a number. */
const MOST_TOLD = 3;

export class Story {
  private readonly say: (line: string) => void;
  private readonly told = new Set<string>();
  private readonly actions = new Map<string, string>();
  private begun = false;
  private startSec = 0;
  private lastSec = 0;
  private lastFigures = 0;
  private inThisSecond = 0;
  private unsaid = 0;
  /** By second: what somebody did before it was known to be abuse is corrected afterwards. */
  private readonly ticks = new Map<number, Tick>();
  private mode = '';

  constructor(say: (line: string) => void) {
    this.say = say;
  }

  get decisions(): number {
    return this.told.size;
  }

  take(event: Event): void {
    if (event.type === 'tick') this.second(event.tick);
    else if (event.type === 'mitigation') this.decision(event.mitigation);
    else if (event.type === 'undo') this.undo(event.receipt);
    else this.modeIs(event.status.mode);
  }

  /** Seconds read anew, for those that the stream did not tell. */
  correct(ticks: readonly Tick[]): void {
    for (const tick of ticks) this.ticks.set(tick.sec, tick);
  }

  /** How it ended. */
  summary(): string {
    const ticks = [...this.ticks.values()];
    const sum = (of: (tick: Tick) => number) => ticks.reduce((total, tick) => total + of(tick), 0);
    const requests = sum((t) => t.requests);
    const served = sum((t) => t.abusive_served);
    const held = sum((t) => t.abusive_held);
    const hurt = sum((t) => t.established_held);
    if (requests === 0) return 'Nothing was seen.';
    const known = hurt === 0 ? 'No known user was held up.' : `Of known users ${figure(hurt)} requests were held up.`;
    if (served + held === 0) return `${figure(requests)} requests, none abusive as far as is known. ${known}`;
    return (
      `${figure(requests)} requests, ${figure(served + held)} of them abusive: ` +
      `${figure(served)} got through, ${figure(held)} were held. ${known}`
    );
  }

  private second(tick: Tick): void {
    this.ticks.set(tick.sec, tick);
    if (tick.sec <= this.lastSec) return;
    this.lastSec = tick.sec;
    this.startSec ||= tick.sec;
    if (this.unsaid > 0) this.line(tick.sec, `… and ${this.unsaid} more decisions like these.`);
    this.unsaid = 0;
    this.inThisSecond = 0;
    if (!this.begun && tick.requests > 0) {
      this.begun = true;
      this.lastFigures = tick.sec;
      this.line(tick.sec, 'People are shopping: everything is let through.');
    }
    if (this.begun && tick.sec - this.lastFigures >= FIGURES_EVERY_SEC) {
      this.lastFigures = tick.sec;
      this.line(tick.sec, this.summary());
    }
  }

  private decision(mitigation: Mitigation): void {
    const { id, action, status, sentence, mode } = mitigation;
    const known = this.actions.get(id);
    const fresh = known === undefined || known !== action;
    this.actions.set(id, action);
    if (!fresh || status === 'undone' || status === 'expired') return;
    this.told.add(id);
    if (++this.inThisSecond > MOST_TOLD) {
      this.unsaid++;
      return;
    }
    const note = mode === 'shadow' ? ' (only noted: this policy watches)' : '';
    this.line(0, `${printable(sentence)}${note}`);
    if (this.told.size === 1) this.line(0, 'Was that wrong? The button “Undo” on the page takes it back.');
  }

  private undo({ mitigation, by, reason }: { mitigation: string; by: string; reason: string }): void {
    this.line(0, `${printable(mitigation)} was undone by ${printable(by)}: ${printable(reason)}`);
  }

  private modeIs(mode: string): void {
    if (this.mode !== '' && mode !== this.mode) {
      this.line(0, mode === 'observe' ? 'Enforcement is off: everything goes through.' : 'Enforcement is on again.');
    }
    this.mode = mode;
  }

  private line(sec: number, text: string): void {
    const since = sec === 0 || this.startSec === 0 ? '' : clock(sec - this.startSec);
    this.say(`${since.padStart(5)}  ${text}`);
  }
}

const figure = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

const clock = (seconds: number): string =>
  `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;

/** Names come from traffic, and could clear the screen. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
