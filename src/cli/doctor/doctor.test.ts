import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer as createSecure } from 'node:https';
import type { NetworkInterfaceInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { testCertificate } from '../../doors/gateway/listen/certificate.testing.ts';
import { certificateFindings } from './certificates.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';
import { gatewayFindings } from './gateway.ts';
import { descriptorFindings, ipv6Findings, nodeFindings, watchClock } from './machine.ts';
import { adminFindings, dataDirFindings, diskFindings } from './storage.ts';
import { CHECK_IDS, Ward } from './testing.ts';
import { upstreamFindings } from './upstreams.ts';

let ward = new Ward();
afterEach(async () => {
  await ward.remove();
  ward = new Ward();
});

const brief = (findings: readonly Finding[]) => findings.map(({ id, status }) => `${id} ${status}`);
const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('upstreams', () => {
  it('are reached, healthy and in time', async () => {
    const asked: string[] = [];
    const port = await ward.serving((req, res) => {
      asked.push(`${req.method} ${req.url}`);
      res.end('ok');
    });
    const yaml = `upstream: http://127.0.0.1:${port}\nupstreams:\n  - name: other\n    servers: [http://127.0.0.1:${port}]\n    health: { path: /healthz }\n`;
    const findings = await upstreamFindings(ward.examination(yaml));
    expect(brief(findings)).toEqual(['upstreams ok', 'upstreams ok', 'clock ok']);
    expect(asked.sort()).toEqual(['GET /healthz', 'HEAD /']);
  });

  it('that refuse, are ill or hang are failures', async () => {
    const ill = await ward.serving((_, res) => res.writeHead(503).end());
    const gone = await ward.serving(() => {});
    await ward.stop();
    const yaml = `upstreams:\n  - name: shop\n    servers: [http://127.0.0.1:${ill}, http://127.0.0.1:${gone}]\n    health: { path: /healthz }\n`;
    const findings = await upstreamFindings(ward.examination(yaml));
    expect(brief(findings).slice(0, 2)).toEqual(['upstreams fail', 'upstreams fail']);
    expect(findings[0].sentence).toContain('/healthz answers 503');
    expect(findings[1].sentence).toContain('ECONNREFUSED');
  });

  it('tell that this clock is wrong, and which way', async () => {
    const port = await ward.serving((_, res) => res.writeHead(200, { Date: new Date(NOW).toUTCString() }).end());
    const clock = async (nowMs: number) =>
      (await upstreamFindings(ward.examination(`upstream: http://127.0.0.1:${port}\n`, nowMs))).find(
        (f) => f.id === 'clock',
      );
    expect((await clock(NOW))?.status).toBe('ok');
    expect(await clock(NOW - 30_000)).toMatchObject({ status: 'warn', sentence: expect.stringContaining('behind') });
    expect(await clock(NOW + 120_000)).toMatchObject({ status: 'fail', sentence: expect.stringContaining('ahead of') });
  });

  it('with a certificate that cannot be verified fail, with its authority named they do not', async () => {
    const pair = testCertificate('localhost');
    const port = await ward.started(createSecure(pair, (_, res) => res.end()));
    ward.file('ca.pem', pair.cert);
    const finding = async (tls: string, nowMs?: number) => {
      const yaml = `upstreams:\n  - name: shop\n    servers: ['https://localhost:${port}']\n    tls: ${tls}\n`;
      return (await upstreamFindings(ward.examination(yaml, nowMs)))[0];
    };
    expect(await finding('{}')).toMatchObject({ status: 'fail', sentence: expect.stringContaining('SELF_SIGNED') });
    expect(await finding('{ ca: ca.pem }')).toMatchObject({ status: 'ok' });
    expect(await finding('{ verify: false }')).toMatchObject({
      status: 'warn',
      sentence: expect.stringContaining('not verified'),
    });
    expect(await finding('{ ca: ca.pem }', Date.parse('2119-12-20T00:00:00Z'))).toMatchObject({
      status: 'warn',
      sentence: expect.stringContaining('ends in 12 days'),
    });
    expect(await finding('{ ca: none.pem }')).toMatchObject({
      status: 'fail',
      sentence: expect.stringContaining('ENOENT'),
    });
  });

  it('are missed where none is named', async () => {
    expect(brief(await upstreamFindings(ward.examination('')))).toEqual(['upstreams warn']);
  });
});

describe('certificates', () => {
  const root = { commonName: 'Test Authority', ...testCertificate('Test Authority') };
  const judged = (cert: string, key: string, more = '') => {
    ward.file('cert.pem', cert);
    ward.file('key.pem', key);
    const yaml = `listen:\n  - { address: 8443, tls: { cert: cert.pem, key: key.pem } }\n${more}`;
    return certificateFindings(ward.examination(yaml, NOW))[0];
  };
  const leaf = (from: string, to: string) => testCertificate('localhost', { from, to, issuer: root });

  it('are fine with their chain, their key and their names', () => {
    const { cert, key } = leaf('20260101000000Z', '20260401000000Z');
    expect(judged(cert + root.cert, key, 'clients: { hosts: [localhost] }\n')).toMatchObject({
      status: 'ok',
      sentence: expect.stringContaining('valid until 2026-04-01'),
    });
  });

  it.each([
    ['warn', 'ends on 2026-03-20, in 18 days', '20260101000000Z', '20260320000000Z'],
    ['fail', 'ended on 2026-02-01', '20260101000000Z', '20260201000000Z'],
    ['fail', 'counts from', '20260601000000Z', '20270201000000Z'],
  ])('%s where it %s', (status, sentence, from, to) => {
    const { cert, key } = leaf(from, to);
    expect(judged(cert + root.cert, key)).toMatchObject({ status, sentence: expect.stringContaining(sentence) });
  });

  it('fail with another key, or with none, and warn of gaps and other names', () => {
    const one = leaf('20260101000000Z', '20270101000000Z');
    const two = leaf('20260101000000Z', '20270101000000Z');
    expect(judged(one.cert + root.cert, two.key).sentence).toContain('not that of the certificate');
    expect(judged('nothing', one.key)).toMatchObject({
      status: 'fail',
      sentence: expect.stringContaining('no certificate'),
    });
    expect(judged(one.cert, one.key)).toMatchObject({
      status: 'warn',
      sentence: expect.stringContaining('no authority'),
    });
    const stranger = testCertificate('Stranger');
    expect(judged(one.cert + stranger.cert, one.key).sentence).toContain(
      'certificate 1 was not issued by the one after it',
    );
    expect(
      judged(one.cert + root.cert, one.key, "clients: { hosts: [localhost, '*.shop.example'] }\n").sentence,
    ).toContain('is not for *.shop.example');
    expect(certificateFindings(ward.examination('listen: 8080\n'))[0].status).toBe('ok');
  });
});

describe('a running gateway', () => {
  const TOKEN = 'x'.repeat(43);

  async function gateway(trust: object, now: string, token = TOKEN): Promise<string> {
    const port = await ward.serving((req, res) => {
      if (req.headers.authorization !== `Bearer ${token}`) return res.writeHead(401).end('{}');
      const status = { version: '1.2.3', mode: 'observe', now };
      return res.end(JSON.stringify(req.url === '/api/v1/trust' ? trust : status));
    });
    ward.file('token', `${TOKEN}\n`);
    return `admin: { listen: '127.0.0.1:${port}', token_file: token }\n`;
  }
  const trust = {
    since: '2026-03-01T11:55:00Z',
    requests: 1000,
    ipv6_requests: 0,
    shared_requests: 400,
    peers: [{ address: '10.0.0.5', requests: 1000, with_forwarded_for: 1000, trusted: false }],
    other_requests: 0,
  };

  it('is asked what it has seen', async () => {
    const yaml = await gateway(trust, new Date(NOW).toISOString());
    const findings = await gatewayFindings(ward.examination(yaml, NOW));
    expect(brief(findings)).toEqual(['gateway ok', 'proxy-trust fail', 'sharing warn']);
    expect(findings[0].sentence).toContain('version 1.2.3 runs in mode observe');
  });

  it('and what time it has', async () => {
    const yaml = await gateway({ ...trust, requests: 0, peers: [] }, new Date(NOW - 10_000).toISOString());
    const findings = await gatewayFindings(ward.examination(yaml, NOW));
    expect(brief(findings)).toEqual(['gateway ok', 'clock warn', 'proxy-trust ok', 'sharing ok']);
    expect(findings[1].sentence).toBe("the gateway's clock is 10.0 s behind of this one");
  });

  it('is not needed: without one the rest is looked at', async () => {
    expect(brief(await gatewayFindings(ward.examination('')))).toEqual(['gateway ok', 'proxy-trust ok', 'sharing ok']);
    const yaml = await gateway(trust, '');
    await ward.stop();
    const findings = await gatewayFindings(ward.examination(yaml));
    expect(brief(findings)).toEqual(['gateway ok', 'proxy-trust ok', 'sharing ok']);
    expect(findings[0].sentence).toContain('ECONNREFUSED');
  });

  it('that refuses the token is a warning', async () => {
    const yaml = await gateway(trust, '', 'y'.repeat(43));
    const findings = await gatewayFindings(ward.examination(yaml));
    expect(brief(findings)).toEqual(['gateway warn', 'proxy-trust ok', 'sharing ok']);
  });
});

describe('records', () => {
  const yaml = 'records: { data_dir: data }\n';

  it('are for their owner alone', () => {
    expect(dataDirFindings(ward.examination(yaml))[0]).toMatchObject({ status: 'ok', advice: '' });
    const path = join(ward.folder, 'data');
    mkdirSync(path, { mode: 0o700 });
    expect(dataDirFindings(ward.examination(yaml))[0].status).toBe('ok');
    chmodSync(path, 0o750);
    expect(dataDirFindings(ward.examination(yaml))[0]).toMatchObject({ status: 'fail', advice: `chmod 700 ${path}` });
    ward.file('plain', '');
    expect(dataDirFindings(ward.examination('records: { data_dir: plain }\n'))[0].sentence).toContain('no folder');
  });

  it('have room on a disk that is fast, and nothing is left behind', () => {
    mkdirSync(join(ward.folder, 'data'));
    const findings = diskFindings(ward.examination('records: { data_dir: data, journal: { max_bytes: 67108864 } }\n'));
    expect(findings.map(({ id }) => id)).toEqual(['disk', 'disk']);
    expect(findings[1].sentence).toContain('until a write is durable');
    expect(readdirSync(join(ward.folder, 'data'))).toEqual([]);
  });

  it('that could outgrow the disk are said', () => {
    const findings = diskFindings(ward.examination(`records: { journal: { max_bytes: ${2 ** 52} } }\n`));
    expect(findings[0].status).not.toBe('ok');
    expect(findings[0].advice).toContain('max_bytes');
  });

  it('where nothing can be written fail', () => {
    const findings = diskFindings(ward.examination('records: { data_dir: /proc/none }\n'));
    expect(findings.at(-1)).toMatchObject({
      status: 'fail',
      sentence: expect.stringContaining('nothing can be written'),
    });
  });
});

describe('the admin listener', () => {
  it('open to others, or with a token that others may read, is said', () => {
    expect(brief(adminFindings(ward.examination('')))).toEqual(['admin ok']);
    ward.file('token', 'x', 0o600);
    const yaml = 'admin: { listen: 0.0.0.0:9464, token_file: token }\n';
    expect(brief(adminFindings(ward.examination(yaml)))).toEqual(['admin warn']);
    chmodSync(join(ward.folder, 'token'), 0o640);
    expect(brief(adminFindings(ward.examination(yaml)))).toEqual(['admin warn', 'admin fail']);
  });
});

describe('the machine', () => {
  it('runs a Node that is supported', () => {
    const status = (version: string) => nodeFindings(version)[0].status;
    expect(['18.19.0', '20.14.9', '20.15.0', '21.1.0', '22.0.0'].map(status)).toEqual([
      'fail',
      'fail',
      'ok',
      'warn',
      'ok',
    ]);
  });

  it('may open as many files as connections are allowed', () => {
    const status = (limit: number) =>
      descriptorFindings(ward.examination('gateway: { connections: 1000 }\n'), { open: 9, limit })[0];
    expect([249, 2000, 2256, Number.POSITIVE_INFINITY].map((limit) => status(limit).status)).toEqual([
      'fail',
      'warn',
      'ok',
      'ok',
    ]);
    expect(status(249).advice).toContain('LimitNOFILE=2256');
    expect(descriptorFindings(ward.examination(''), null)[0].status).toBe('ok');
  });

  it('is reached over IPv6 where it has it', () => {
    const six = [{ family: 'IPv6', internal: false, address: '2001:db8::5' }] as NetworkInterfaceInfo[];
    const status = (yaml: string, list: typeof six) => ipv6Findings(ward.examination(yaml), { eth0: list })[0].status;
    expect(status('listen: 8080\n', six)).toBe('warn');
    expect(status("listen: '[::]:8080'\n", six)).toBe('ok');
    expect(status('listen: 127.0.0.1:8080\n', six)).toBe('ok');
    expect(status('listen: 8080\n', [])).toBe('ok');
  });

  it('has a clock that is not moved', () => {
    let [wall, steady] = [NOW, 0];
    const watch = () =>
      watchClock(
        () => wall,
        () => steady,
      );
    const still = watch();
    wall += 1000;
    steady += 1100;
    expect(still()).toEqual([]);
    const moved = watch();
    wall -= 5000;
    expect(moved()[0]).toMatchObject({ id: 'clock', status: 'warn', sentence: expect.stringContaining('-5000 ms') });
  });
});

describe('the whole examination', () => {
  it('goes through every check that docs/doctor.md lists', async () => {
    const port = await ward.serving((_, res) => res.end());
    const findings = await examine(ward.examination(`listen: 8080\nupstream: http://127.0.0.1:${port}\n`));
    const ids = new Set(findings.map(({ id }) => id));
    expect([...ids].sort()).toEqual([...CHECK_IDS].sort());
  });

  it('goes on where a check breaks off, and ends where it is interrupted', async () => {
    const examination = ward.examination('');
    const broken = { ...examination.loaded, config: { ...examination.loaded.config, records: undefined as never } };
    const findings = await examine({ ...examination, loaded: broken });
    expect(findings.filter(({ sentence }) => sentence.includes('SP7013')).map(({ id }) => id)).toContain('disk');
    expect(findings.at(-1)?.id).toBe('descriptors');
    await expect(examine({ ...examination, signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
