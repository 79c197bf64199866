/** A partner's program: it fetches the catalogue page by page with its key, always from the same place, day and night. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Book, type Cohort, TAG } from './book.ts';

/** Between two pages, in ms. */
const PAUSE_MS = 900;
const PAGES = 8;
/** No answer for this long, in ms: it goes on. */
const GIVE_UP_MS = 10_000;

export interface PartnerOptions {
  readonly cohort: Cohort;
  readonly address: string;
  /** Port of the gateway, and the name of the site behind it. */
  readonly gateway: number;
  readonly host: string;
  readonly key: string;
  /** What it calls itself. */
  readonly agent: string;
  readonly book: Book;
}

export class Partner {
  private readonly options: PartnerOptions;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly stopping = new AbortController();
  private page = 0;

  constructor(options: PartnerOptions) {
    this.options = options;
  }

  /** Goes on until `stop`. */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.fetch();
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
    this.agent.destroy();
  }

  stop(): void {
    this.stopping.abort();
  }

  /** The next page. */
  fetch(): Promise<number> {
    const { book, cohort, gateway, host, address, key, agent: software } = this.options;
    const path = `/api/partner/export?kind=products&page=${1 + (this.page++ % PAGES)}&limit=50`;
    const tag = book.sent(cohort, `GET ${path}`, Date.now());
    const headers = {
      ...{ host, 'user-agent': software, accept: 'application/json', 'x-api-key': key },
      ...{ 'x-forwarded-for': address, [TAG]: tag },
    };
    return new Promise((resolve) => {
      const end = (status: number): void => {
        book.ended(tag, status, Date.now());
        resolve(status);
      };
      const sent = request({
        ...{ host: '127.0.0.1', port: gateway, method: 'GET', path, headers, agent: this.agent, setHost: false },
      });
      sent.setTimeout(GIVE_UP_MS, () => sent.destroy());
      sent.on('error', () => end(0));
      sent.on('response', (answer) => {
        answer.on('error', () => end(0));
        answer.on('end', () => end(answer.statusCode ?? 0));
        answer.resume();
      });
      sent.end();
    });
  }
}
