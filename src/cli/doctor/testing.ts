/** A doctor's examination in a temporary folder, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import type { Examination } from './finding.ts';

export class Ward {
  readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));

  file(name: string, content: string, mode = 0o600): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, { mode });
    return path;
  }

  /** The examination of a configuration, at the real time unless another is given. */
  examination(yaml: string, nowMs?: number): Examination {
    return {
      loaded: loadConfig(this.file('sallyport.yaml', yaml)),
      cwd: this.folder,
      now: nowMs === undefined ? Date.now : () => nowMs,
      signal: new AbortController().signal,
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
