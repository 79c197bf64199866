/** A worker for the tests of the pool: it serves its number, crashes when it is told to, and refuses bad configurations. */
import { createServer } from 'node:http';
import { joinWorkers, workerNumber } from './worker.ts';

let answer = process.env.ANSWER ?? '';

const server = createServer((req, res) => {
  if (req.url === '/crash') process.exit(7);
  if (req.url === '/slow') setTimeout(() => res.end(`slow ${answer}`), 150);
  else res.end(`${workerNumber()} ${answer}`);
});
if (process.env.NEVER === 'ready') process.exit(3);
server.listen(0, '127.0.0.1', () => {
  joinWorkers({
    reload(payload) {
      if (typeof payload !== 'string') throw new Error('not a text');
      answer = payload;
    },
    drain: () => new Promise((resolve) => server.close(() => resolve())),
  });
});
