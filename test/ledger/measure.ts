/**
 * Measures the ledger on this machine: `npx tsx test/ledger/measure.ts [SECONDS]`. Appends as fast as they are taken, the
 * latency of single ones while few come, verification, opening, and how long the event loop was held up meanwhile.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { DATABASE_FILE, openLedger, openLedgerForReading } from '../../src/record/ledger/lmdb/open.ts';
import type { Ledger } from '../../src/record/ledger/port.ts';

const SECONDS = Number(process.argv[2] ?? 5);
const AT_ONCE = 1000;
const SUBJECTS = 20_000;

const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-measure-'));
const say = (name: string, text: string) => process.stdout.write(`${name.padEnd(34)} ${text}\n`);
/** Microseconds of processor time, of all threads: what a busy machine does not change much. */
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const percentile = (sorted: readonly number[], p: number) => sorted[Math.floor(sorted.length * p)].toFixed(1);

let made = 0;
function append(ledger: Ledger, personal: boolean) {
  const n = made++;
  const id = `M-${n.toString(16).padStart(10, '0')}`;
  return ledger.append({
    timeMs: Date.now(),
    kind: 'mitigation.started',
    by: 'engine',
    reason: 'failures of 31 accounts within 2 min, 40 times the usual share',
    ...(personal && { subject: { dimension: 'ip', key: `198.51.100.${n % SUBJECTS}` } }),
    data: {
      id,
      until_ms: Date.now() + 60_000,
      action: 'block',
      class: 'credential-abuse',
      mode: 'enforce',
      risk: 0.97,
    },
  });
}

async function throughput(ledger: Ledger, personal: boolean, name: string): Promise<void> {
  const before = ledger.stats();
  const end = performance.now() + SECONDS * 1000;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  const spent = cpu();
  const work = async () => {
    while (performance.now() < end) await append(ledger, personal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  delay.disable();
  const { seq, commits } = ledger.stats();
  const rate = (seq - before.seq) / ((performance.now() - begun) / 1000);
  const size = (seq - before.seq) / (commits - before.commits);
  const each = `${((cpu() - spent) / (seq - before.seq)).toFixed(0)} µs of CPU each`;
  const held = `event loop held up p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, at most ${(delay.max / 1e6).toFixed(1)} ms`;
  say(name, `${rate.toFixed(0)}/s, ${each}, ${size.toFixed(0)} a transaction; ${held}`);
}

/** One append every few milliseconds, as on a quiet day. */
async function latency(ledger: Ledger, commitMs: number): Promise<void> {
  const taken: number[] = [];
  const running: Promise<unknown>[] = [];
  for (let i = 0; i < 300; i++) {
    const begun = performance.now();
    running.push(append(ledger, true).then(() => taken.push(performance.now() - begun)));
    await new Promise((resolve) => setTimeout(resolve, 7));
  }
  await Promise.all(running);
  taken.sort((a, b) => a - b);
  say(
    `append until durable, window ${commitMs} ms`,
    `p50 ${percentile(taken, 0.5)} ms, p99 ${percentile(taken, 0.99)} ms`,
  );
}

try {
  for (const commitMs of [20, 5]) {
    const ledger = await openLedger({ dataDir, commitMs, now: Date.now });
    await latency(ledger, commitMs);
    await ledger.close();
  }
  const ledger = await openLedger({ dataDir, now: Date.now });
  await throughput(ledger, false, 'appends');
  await throughput(ledger, true, 'appends with a sealed subject');
  await ledger.close();

  const { size } = statSync(join(dataDir, DATABASE_FILE));
  const begun = performance.now();
  const again = await openLedger({ dataDir, now: Date.now });
  const opened = performance.now();
  const { mitigations, seq } = await again.state();
  say(
    'opening',
    `${(opened - begun).toFixed(0)} ms with ${seq} entries (${(size / seq).toFixed(0)} bytes each on disk)`,
  );
  say('state', `${(performance.now() - opened).toFixed(0)} ms to open ${mitigations.size} standing mitigations`);
  await again.close();

  const reader = openLedgerForReading(dataDir);
  const start = performance.now();
  const spent = cpu();
  const report = await reader.verify();
  const each = `${((cpu() - spent) / report.entries).toFixed(0)} µs of CPU each`;
  say(
    'verify',
    `${(report.entries / ((performance.now() - start) / 1000)).toFixed(0)} entries/s, ${each}, ok: ${report.ok}`,
  );
  await reader.close();
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
