/** What can be wrong with an input. */
import { type ErrorCode, SallyportError } from '../../../lib/errors.ts';

export type InputErrorCode = Extract<ErrorCode, 'SP2001' | 'SP2002' | 'SP2003' | 'SP2004'>;

/** An input cannot be used. `code` is one of docs/errors.md, `path` what was asked for. */
export class InputError extends SallyportError {
  readonly path: string;

  constructor(code: InputErrorCode, path: string, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(code, message, options);
    this.name = 'InputError';
    this.path = path;
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  EMFILE: 'too many files are open',
  ELOOP: 'its symbolic links form a circle',
  EIO: 'the disk reports an error',
};

/** An error of the file system as an InputError SP2001. */
export function unreadable(path: string, cause: unknown): InputError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  return new InputError('SP2001', path, `${path} cannot be read: ${WHY[code] ?? String(cause)}.`, { cause });
}
