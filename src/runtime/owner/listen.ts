/** Opens the owner's socket so that nobody but its own user can speak to it. */
import { rmSync, statSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { SallyportError } from '../../lib/errors.ts';

/** Bytes of a socket's path that the kernel takes, without the ending zero (sun_path). */
const PATH_MAX_BYTES = 107;
const SOCKET_MODE = 0o600;

/** Listens at `path` with mode 0600; takes the place of a socket that nobody listens on. SallyportError SP7315. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const length = Buffer.byteLength(path);
  if (length > PATH_MAX_BYTES) throw problem(`${path} has ${length} bytes, ${PATH_MAX_BYTES} at most are possible`);
  try {
    await listen(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw problem(String(error), error);
    if (!isSocket(path)) throw problem(`${path} is there and is no socket`);
    if (await answers(path)) throw problem(`another process listens on ${path}`);
    rmSync(path, { force: true });
    await listen(server, path).catch((again: unknown) => {
      throw problem(String(again), again);
    });
  }
}

function problem(message: string, cause?: unknown): SallyportError {
  return new SallyportError('SP7315', `The socket of the owner of state cannot be opened: ${message}`, { cause });
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** The socket must never have been open to others, not even for a moment: the mask is set while the file is made. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const before = process.umask(0o777 & ~SOCKET_MODE);
    try {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
