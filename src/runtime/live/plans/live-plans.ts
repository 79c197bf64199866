/** Usage plans of a running Sallyport: counters that outlive it, alerts on record, a report for operators. */
import type { Ledger } from '../../../record/ledger/port.ts';
import type { PlanAlert } from './alerts.ts';
import type { PlanBook } from './plan-book.ts';
import { PlanFile } from './plan-file.ts';
import { type PlansPort, type PlansReport, plansReport } from './report.ts';

export interface LivePlansOptions {
  readonly book: PlanBook;
  /** Null: nothing is kept. */
  readonly dataDir: string | null;
  readonly ledger: Pick<Ledger, 'append'>;
  /** Unix ms. */
  readonly clock: () => number;
  readonly onNote: (text: string) => void;
  readonly onFailure: (error: Error) => void;
}

export class LivePlans implements PlansPort {
  private readonly options: LivePlansOptions;
  private readonly file: PlanFile;
  /** The disk was said to be failing, and has not worked since. */
  private isFailing = false;
  private readonly recording = new Set<Promise<void>>();

  constructor(options: LivePlansOptions) {
    this.options = options;
    this.file = openFile(options);
    options.book.alerts.onAlert = (alert) => this.tell(alert);
  }

  report(limit: number): PlansReport {
    return plansReport(this.options.book, this.options.clock(), limit);
  }

  /** To be called once a second. */
  async tick(): Promise<void> {
    const nowMs = this.options.clock();
    this.options.book.leases.sweep(nowMs);
    await this.attempt(this.file.tick(nowMs));
  }

  async close(): Promise<void> {
    await this.attempt(this.file.close(this.options.clock()));
    await Promise.all(this.recording);
  }

  /** Says once that the disk fails, not every two seconds. */
  private async attempt(what: Promise<void>): Promise<void> {
    try {
      await what;
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.options.onFailure(error as Error);
      this.isFailing = true;
    }
  }

  private tell(alert: PlanAlert): void {
    const { plan, key, quota, percent, used, limit, untilMs, timeMs } = alert;
    const until = new Date(untilMs).toISOString();
    const who = key === 'all' ? 'everybody on it together' : key;
    this.options.onNote(`plan ${plan}: ${who} has used ${percent} % of ${quota}, which begins anew at ${until}`);
    const entry = this.options.ledger.append({
      timeMs,
      kind: 'plan.alert',
      by: 'plans',
      ...(key !== 'all' && { subject: { dimension: 'plan-key', key } }),
      reason: `${percent} % of ${quota} are used`,
      data: { plan, quota, percent, used, limit, until_ms: untilMs },
    });
    const done: Promise<void> = entry
      .then(noted, (error: Error) => this.options.onFailure(error))
      .finally(() => this.recording.delete(done));
    this.recording.add(done);
  }
}

/** What cannot be read is left as it is, for somebody to look at: then nothing is kept in this run. */
function openFile({ dataDir, book, clock, onFailure }: LivePlansOptions): PlanFile {
  try {
    return new PlanFile(dataDir, book, clock());
  } catch (error) {
    onFailure(error as Error);
    return new PlanFile(null, book, clock());
  }
}

const noted = (): void => {};
