/** Lines to a file, a megabyte at a time. */
import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER = 1 << 20;

export class LineFile {
  private readonly file: number;
  private readonly encoding: 'utf8' | 'latin1';
  private text = '';
  bytes = 0;

  /** Makes the file, or empties it; 'latin1' is faster for what is known to be ASCII. */
  constructor(path: string, encoding: 'utf8' | 'latin1' = 'utf8') {
    this.encoding = encoding;
    this.file = openSync(path, 'w');
  }

  write(lines: string): void {
    this.text += lines;
    if (this.text.length >= BUFFER) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private flush(): void {
    const bytes = Buffer.from(this.text, this.encoding);
    // A pipe or a full disk may take less than it is given.
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    this.bytes += bytes.length;
    this.text = '';
  }
}
