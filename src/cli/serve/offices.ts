/** The office of revocations of a running Sallyport, and its branches: one in each worker. */
import { dirname, join } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { Office } from '../../doors/gateway/revoking/office.ts';
import type { BranchAsk, OfficeNews } from '../../doors/gateway/revoking/revoking.ts';
import type { Change } from '../../identity/revocation/list.ts';
import type { Live } from '../../runtime/live/service.ts';
import type { OwnerServer } from '../../runtime/owner/server.ts';

/** News that wait for a worker that does not read, and how long until they are sent again, in ms. */
const MAX_WAITING = 10_000;
const AGAIN_MS = 50;
/** Characters of JSON that a worker is told when it starts: room for 100,000 revocations of usual length. */
const MAX_WELCOME = 8 * 1024 * 1024;

/** In the data directory. */
const SIGNALS_FILE = 'signals.jsonl';

/** Opens the office with what the ledger says is in force. SallyportError SP7601 or SP7602 for secrets and keys. */
export async function openOffice(
  live: Pick<Live, 'ledger' | 'secrets' | 'operator' | 'dataDir'>,
  loaded: LoadedConfig,
  { onNote, ephemeral }: { readonly onNote: (text: string) => void; readonly ephemeral: boolean },
  onChange?: (change: Change) => void,
): Promise<Office> {
  const office = new Office({
    settings: loaded.config.identity,
    baseDir: baseDirOf(loaded),
    secret: live.secrets.pseudonyms,
    clock: Date.now,
    ledger: live.ledger,
    onNote,
    onChange,
    ...(!ephemeral && { signals: join(live.dataDir, SIGNALS_FILE) }),
  });
  await office.rebuild();
  office.follow(live.operator);
  return office;
}

/** Folder that paths of a configuration are relative to. */
export const baseDirOf = ({ file }: LoadedConfig): string => (file === null ? process.cwd() : dirname(file));

/** Tells all branches, in order and without a gap, and answers what they ask. */
export class Branches {
  private readonly onNote: (text: string) => void;
  private office: Office | null = null;
  private owner: Pick<OwnerServer, 'push' | 'workers'> | null = null;
  private readonly waiting: OfficeNews[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(onNote: (text: string) => void) {
    this.onNote = onNote;
  }

  /** From here on there is somebody to tell. */
  join(office: Office, owner: Pick<OwnerServer, 'push' | 'workers'>): void {
    this.office = office;
    this.owner = owner;
  }

  /** What a worker is told first. */
  welcome(office: Pick<Office, 'snapshot' | 'paths'>): OfficeNews {
    const standing = office.snapshot();
    let characters = 0;
    // The newest ones are at the end.
    const from = standing.findLastIndex((change) => {
      characters += JSON.stringify(change).length;
      return characters > MAX_WELCOME;
    });
    if (from >= 0) this.onNote(`SP7612: ${from + 1} of ${standing.length} revocations are not in force in a worker`);
    return { standing: standing.slice(from + 1), paths: office.paths };
  }

  send(news: OfficeNews): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.waiting.shift();
      this.onNote('SP7612: a change of revocations did not reach all workers');
    }
    this.waiting.push(news);
    if (this.timer === null) this.flush();
  }

  private flush(): void {
    this.timer = null;
    const { owner, waiting } = this;
    while (owner !== null && waiting.length > 0) {
      // Sent once more to all where one did not take it: in the same order, that changes nothing for the others.
      if (owner.push({ office: waiting[0] }) < owner.workers().length) {
        this.timer = setTimeout(() => this.flush(), AGAIN_MS);
        this.timer.unref();
        return;
      }
      waiting.shift();
    }
  }

  heard(worker: number, ask: BranchAsk): void {
    const { office } = this;
    if (office === null) return;
    if (ask.do === 'condemn') office.condemned(ask.what);
    else if (ask.do === 'issuer-told') office.issuerTold(ask.credential, ask.issuer);
    else void office.serve(ask.path, ask.asked).then((told) => this.send({ told: { worker, id: ask.id, told } }));
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.owner = null;
  }
}
