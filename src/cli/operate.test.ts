import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from '../admin/server.ts';
import { adminOptions, FakeOperator, TOKEN } from '../admin/testing.ts';
import { loadConfig } from '../config/load.ts';
import { exitCodeOf } from './exit.ts';
import { addOperate } from './operate.ts';
import type { Cli } from './ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-operate-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, `${TOKEN}\n`);
afterAll(() => rmSync(folder, { recursive: true }));

let operator: FakeOperator;
let admin: Admin;

beforeEach(async () => {
  operator = new FakeOperator();
  admin = await startAdmin(adminOptions(operator));
});
afterEach(() => admin.close());

/** Runs one verb; what it throws is thrown. */
async function verb(...words: string[]): Promise<string> {
  let out = '';
  const sink = (keep: boolean) => ({
    isTTY: false,
    columns: undefined,
    write: (text: string) => {
      if (keep) out += text;
    },
  });
  const cli = {
    ports: { loadConfig: async (path?: string) => loadConfig(path) },
    stdout: sink(true),
    stderr: sink(false),
    env: { USER: 'zoë', COLUMNS: '100' },
    cwd: folder,
    now: () => operator.nowMs,
    signal: new AbortController().signal,
  } as unknown as Cli;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addOperate(program, cli, () => {});
  for (const command of program.commands) command.copyInheritedSettings(program);
  await program.parseAsync(words, { from: 'user' });
  return out;
}
const there = () => ['--admin', admin.url, '--token-file', tokenFile];

describe('mitigations', () => {
  it('are told as people read them, and nothing in them reaches the terminal', async () => {
    expect(await verb('mitigations', ...there())).toBe(
      'None stands. sallyport mitigations --all shows earlier ones.\n',
    );
    expect(await verb('mitigations', '--all', ...there())).toBe('There has been none yet.\n');
    operator.mitigate();
    operator.mitigate({
      id: 'M-00000000aa',
      actor: { dimension: 'session', key: 'a\u001b[2Jb' },
      sentence: 'evil \u001b]0;title\u0007',
      mode: 'shadow',
      action: 'throttle',
    });
    operator.mitigate({ id: 'M-00000000bb', status: 'expired' });
    const text = await verb('mitigations', ...there());
    expect(text).toContain(
      'M-0123456789  block  198.51.100.7  credential-attack  5 min left\n    198.51.100.7 tried 212',
    );
    expect(text).toContain('212 requests before, 0 requests since, risk 99.4 %');
    expect(text).toContain('M-00000000aa  would throttle  session a\\x1b[2Jb');
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('M-00000000bb');
    expect(await verb('mitigations', '--all', ...there())).toContain(
      'M-00000000bb  block  198.51.100.7  credential-attack  expired',
    );
    const list = JSON.parse(await verb('mitigations', '--json', ...there()));
    expect(list.map((m: { id: string }) => m.id)).toEqual(['M-00000000aa', 'M-0123456789']);
  });
});

describe('undo', () => {
  it('gives the receipt, and says who did it and why', async () => {
    operator.mitigate();
    const text = await verb('undo', 'M-0123456789', '--reason', 'our own load test', ...there());
    expect(text).toContain('M-0123456789 is undone.');
    expect(text).toMatch(/cannot be removed +distinct accounts of POST \/api\/login \(share 3\.2 %\)/);
    expect(text).toMatch(/grace +failure-test, fan-out until .* UTC, 500 requests at most/);
    expect(text).toMatch(/taken back by +gateway, worker 2 \(has not answered yet\)/);
    expect(operator.acts).toEqual(['undo M-0123456789 by zoë: our own load test']);
  });

  it('keeps the listener’s code: what is unknown, and what no longer stands', async () => {
    operator.mitigate({ status: 'expired' });
    const undo = (id: string) => verb('undo', id, '--reason', 'x', ...there());
    await expect(undo('M-0123456789')).rejects.toMatchObject({ code: 'SP7005' });
    await expect(undo('M-ffffffffff')).rejects.toMatchObject({ code: 'SP7004' });
    await expect(undo('../../status')).rejects.toMatchObject({ code: 'SP7004' });
  });

  it('needs a reason', async () => {
    await expect(verb('undo', 'M-0123456789', ...there())).rejects.toThrow('--reason');
    await expect(verb('undo', 'M-0123456789', '--reason', ' ', ...there())).rejects.toMatchObject({ code: 'SP7003' });
  });
});

describe('mode, status and reload', () => {
  it('say what is so from now on', async () => {
    expect(await verb('mode', 'observe', '--reason', 'harm', ...there())).toBe(
      'Observing: nothing is acted on any more.\n',
    );
    const status = await verb('status', ...there());
    expect(status).toMatch(/mode +observe: nothing is acted on/);
    expect(status).toMatch(/upstreams +default http:\/\/127\.0\.0\.1:3000 healthy/);
    expect(await verb('mode', 'enforce', '--reason', 'done', ...there())).toContain('Enforcing');
    expect(operator.acts).toEqual(['observe by zoë: harm', 'enforce by zoë: done']);
    await expect(verb('mode', 'off', '--reason', 'x', ...there())).rejects.toThrow('observe, enforce');
    expect(await verb('reload', ...there())).toMatch(/changed +limits\n +needs a restart +listen/);
  });
});

describe('which Sallyport is meant', () => {
  it('says the configuration: here, or named', async () => {
    const { port } = new URL(admin.url);
    writeFileSync(join(folder, 'other.yaml'), `admin: { listen: "127.0.0.1:${port}", token_file: token }\n`);
    expect(await verb('status', '--config', join(folder, 'other.yaml'))).toContain('Sallyport 9.8.7');
    writeFileSync(join(folder, 'sallyport.yaml'), `admin: { listen: ${port}, token_file: token }\n`);
    expect(await verb('status')).toContain('Sallyport 9.8.7');
    rmSync(join(folder, 'sallyport.yaml'));
    await expect(verb('status')).rejects.toMatchObject({
      code: 'SP7024',
      message: expect.stringContaining('sallyport-data'),
    });
  });

  it('takes the printed link as it is', async () => {
    expect(await verb('status', '--admin', `${admin.url}/#token=x`, '--token-file', tokenFile)).toContain('Sallyport');
    await expect(verb('status', '--admin', 'localhost', '--token-file', tokenFile)).rejects.toMatchObject({
      code: 'SP9002',
    });
  });

  it('and why it cannot be spoken to', async () => {
    const { url } = admin;
    await admin.close();
    const lost = await verb('status', '--admin', url, '--token-file', tokenFile).catch((error) => error);
    expect(lost).toMatchObject({ code: 'SP7001', message: `${url}: ECONNREFUSED` });
    expect(exitCodeOf(lost)).toBe(5);
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, 'x'.repeat(40));
    admin = await startAdmin(adminOptions(operator));
    await expect(verb('status', '--admin', admin.url, '--token-file', wrong)).rejects.toMatchObject({ code: 'SP7002' });
  });

  it('tells what is something else, and gives it no second chance to get the token', async () => {
    let elsewhere = 0;
    const other = createServer((req, res) => {
      if (req.url === '/elsewhere') elsewhere++;
      res.writeHead(req.url?.includes('mitigations') ? 302 : 200, { Location: '/elsewhere' }).end('hello');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const flags = ['--admin', url, '--token-file', tokenFile];
    await expect(verb('status', ...flags)).rejects.toMatchObject({ code: 'SP7001' });
    await expect(verb('mitigations', ...flags)).rejects.toMatchObject({ code: 'SP7001' });
    expect(elsewhere).toBe(0);
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  });
});
