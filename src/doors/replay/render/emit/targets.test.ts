/**
 * The emitted documents against the real programs. Where one is missing the test passes over it on a developer's
 * machine; in CI, which installs them, its absence is a failure.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_REPORT } from '../../../../../test/golden/sample-report.ts';
import type { Actor, ActorReport, Report } from '../../../../runtime/report.ts';
import { EMITTERS } from './index.ts';

/** The path of a program, or null; in CI it must be there. */
function program(name: string): string | null {
  const found = [`/usr/sbin/${name}`, `/usr/bin/${name}`, `/usr/local/bin/${name}`].find(
    (path) => spawnSync(path, ['-v']).error === undefined,
  );
  if (found === undefined && process.env.CI) throw new Error(`${name} is not installed, and this is CI`);
  return found ?? null;
}

const NGINX = program('nginx');
const NFT = program('nft');
let folder = '';
let server: ChildProcess | null = null;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-emit-'));
});
afterAll(() => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** An nginx configuration around the emitted one, with every path inside the folder. */
function writeConfig(emitted: string, port: number): string {
  writeFileSync(join(folder, 'sallyport.conf'), emitted);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
    events {}
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
      include ${folder}/sallyport.conf;
      server {
        listen 127.0.0.1:${port};
        ${emitted.includes('$sallyport_block ') ? 'if ($sallyport_block) { return 403; }' : ''}
        ${emitted.includes('$ended_block ') ? 'if ($ended_block) { return 403; }' : ''}
        ${emitted.includes('limit_req_zone') ? 'limit_req zone=sallyport burst=10 nodelay; limit_req_status 429;' : ''}
        # Not "return": that answers before limits are looked at.
        location / { try_files /none =404; }
      }
    }`;
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, config);
  return file;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function get(port: number, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

function actor(who: Actor, change: Partial<ActorReport>): ActorReport {
  return { ...SAMPLE_REPORT.actors[0], actor: who, ...change };
}

const AGENT = 'Bad "Agent" (${x}; a\\b) 100% ~^.*$';
const LIVE: Report = {
  ...SAMPLE_REPORT,
  actors: [
    actor({ dimension: 'ip', key: '192.0.2.1' }, {}),
    actor({ dimension: 'ip', key: '2001:db8:1:2::/64' }, {}),
    actor({ dimension: 'session', key: 'a+b.c=' }, { recommended: 'block' }),
    actor({ dimension: 'ip', key: '192.0.2.2' }, { recommended: 'throttle' }),
    actor({ dimension: 'fingerprint', key: AGENT }, { agent: AGENT, recommended: 'throttle' }),
  ],
};
const OPTIONS = { sessionCookie: 'my-session' };

describe('nginx', () => {
  it('accepts what is emitted', (context) => {
    if (NGINX === null) return context.skip();
    const file = writeConfig(EMITTERS.nginx(SAMPLE_REPORT, { ...OPTIONS, nowMs: Date.now() }), 8080);
    const { status, stderr } = spawnSync(NGINX, ['-t', '-c', file, '-p', folder], { encoding: 'utf8' });
    expect(stderr).toContain('test is successful');
    expect(status).toBe(0);
  });

  it('acts on the actors, on nobody else, and not past the end', async (context) => {
    if (NGINX === null) return context.skip();
    const port = await freePort();
    const ended = { ...SAMPLE_REPORT.actors[0], actor: { dimension: 'ip', key: '192.0.2.9' } };
    const now = EMITTERS.nginx(LIVE, { ...OPTIONS, nowMs: Date.now() });
    // A mitigation that was made two hours ago for one hour: its maps stand beside those in force.
    const past = EMITTERS.nginx({ ...LIVE, actors: [ended] }, { nowMs: Date.now() - 7_200_000 });
    const file = writeConfig(`${now}\n${past.replaceAll('sallyport_', 'ended_')}`, port);
    server = spawn(NGINX, ['-c', file, '-p', folder], { stdio: 'ignore' });
    await answering(port);
    const from = (address: string, headers = {}) => get(port, { 'X-Real-IP': address, ...headers });
    expect(await from('192.0.2.1')).toBe(403);
    expect(await from('192.0.2.3')).toBe(404);
    expect(await from('192.0.2.9')).toBe(404);
    expect(await from('2001:db8:1:2:ffff::1')).toBe(403);
    expect(await from('2001:db8:1:3::1')).toBe(404);
    expect(await from('192.0.2.3', { Cookie: 'x=1; my-session=a+b.c=' })).toBe(403);
    expect(await from('192.0.2.3', { Cookie: 'x=1; my-session=a+b.c=2' })).toBe(404);
    const burst = (address: string, headers = {}) =>
      Promise.all(Array.from({ length: 30 }, () => from(address, headers)));
    expect((await burst('192.0.2.2')).filter((status) => status === 429).length).toBeGreaterThanOrEqual(15);
    expect((await burst('192.0.2.4', { 'User-Agent': AGENT })).filter((s) => s === 429).length).toBeGreaterThanOrEqual(
      15,
    );
    expect((await burst('192.0.2.5')).filter((status) => status === 429)).toEqual([]);
  });
});

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await get(port, {});
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error('nginx does not answer');
}

describe('nftables', () => {
  it('accepts what is emitted', (context) => {
    if (NFT === null) return context.skip();
    const file = join(folder, 'sallyport.nft');
    const overlap = actor({ dimension: 'network', key: '203.0.113.0/24' }, {});
    const report = { ...SAMPLE_REPORT, actors: [...SAMPLE_REPORT.actors, overlap] };
    writeFileSync(file, EMITTERS.nftables(report, { nowMs: Date.now() }));
    const { status, stderr } = spawnSync(NFT, ['-c', '-f', file], { encoding: 'utf8' });
    // Checking asks the kernel, which containers often may not: that says nothing about the document.
    if (/Operation not permitted|netlink/i.test(stderr)) return context.skip();
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
