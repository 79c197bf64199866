/** A log for the agreement tests: people who browse and log in, and a few attacks among them. Made up, not recorded. */

/** Numbers that look random and are always the same. */
export function chance(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

export interface Line {
  readonly ms: number;
  readonly text: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** 2024-03-04 08:00 UTC. */
const START = 1_709_539_200_000;

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0',
  'shop-app/4.2 (build 811)',
];

function clf(ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
  return `${two(d.getUTCDate())}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}:${time} +0000`;
}

function line(ms: number, address: string, request: string, status: number, agent: string, user = '-'): Line {
  const bytes = 200 + (((ms / 1000 + request.length * 37) % 4000) | 0);
  return { ms, text: `${address} - ${user} [${clf(ms)}] "${request} HTTP/1.1" ${status} ${bytes} "-" "${agent}"` };
}

/** About `n` lines over an hour, in order of time. */
export function makeLog(n: number, seed = 7): Line[] {
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const lines: Line[] = [];
  const attacks = Math.floor(n * 0.2);
  for (let i = 0; i < n - attacks; i++) {
    const person = Math.floor(random() * 400);
    const address = `198.51.${100 + (person >> 8)}.${person & 255}`;
    const ms = START + Math.floor(random() * 3600) * 1000;
    const agent = AGENTS[person % AGENTS.length];
    const user = person % 5 === 0 ? `user${person}` : '-';
    const r = random();
    if (r < 0.04) lines.push(line(ms, address, 'POST /api/login', random() < 0.1 ? 401 : 204, agent));
    else if (r < 0.5) lines.push(line(ms, address, `GET /api/items/${Math.floor(random() * 3000)}`, 200, agent, user));
    else if (r < 0.7)
      lines.push(
        line(
          ms,
          address,
          `GET /search?q=${pick(['red', 'blue', 'green'])}&page=${1 + Math.floor(random() * 3)}`,
          200,
          agent,
        ),
      );
    else if (r < 0.72) lines.push(line(ms, address, '/old-page'.replace('/', 'GET /'), 404, agent));
    else lines.push(line(ms, address, `GET /assets/app.${Math.floor(random() * 9)}.js`, 200, agent));
  }
  const share = Math.floor(attacks / 5);
  const at = (from: number, i: number, every: number): number => START + (from + Math.floor(i * every)) * 1000;
  for (let i = 0; i < share; i++) {
    lines.push(
      line(at(300, i, 0.5), '203.0.113.7', 'POST /api/login', i % 50 === 49 ? 204 : 401, 'python-requests/2.31.0'),
    );
    lines.push(
      line(
        at(900, i, 0.2),
        '203.0.113.66',
        `GET /${pick(['admin', 'backup', 'config', 'setup'])}/${i}.php`,
        404,
        'Mozilla/5.0',
      ),
    );
    lines.push(line(at(1200, i, 1), '192.0.2.200', `GET /api/items/${5000 + i}`, i % 3 === 0 ? 404 : 200, AGENTS[0]));
    lines.push(line(at(100, i, 2.5), `192.0.2.${i % 180}`, 'POST /api/login', 401, AGENTS[1]));
    lines.push(line(at(2000, i, 0.05), '203.0.113.99', 'GET /api/items/17', 200, 'curl/8.5.0'));
  }
  return lines.sort((a, b) => a.ms - b.ms || (a.text < b.text ? -1 : 1));
}

/** The lines in another order, none further than `boundMs` from its place in time. */
export function shuffled(lines: readonly Line[], boundMs: number, seed: number): Line[] {
  const random = chance(seed);
  return lines
    .map((l, i) => ({ l, i, at: l.ms + random() * boundMs }))
    .sort((a, b) => a.at - b.at || a.i - b.i)
    .map(({ l }) => l);
}

export const textOf = (lines: readonly Line[]): string => `${lines.map((l) => l.text).join('\n')}\n`;
