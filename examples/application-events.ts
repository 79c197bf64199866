/**
 * An application can say more than an access log: who is signed in, and how a login ended. It writes one JSON object a
 * line (docs/events.md); Sallyport reads them like any other log.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BusinessEvent, type ExchangeSeen, runTry } from 'sallyport';

/** Forty failed logins for forty users from one address, two seconds apart: what a stolen list looks like. */
function stolenList(): (ExchangeSeen | BusinessEvent)[] {
  return Array.from({ length: 40 }, (_, i): (ExchangeSeen | BusinessEvent)[] => {
    const time_ms = Date.UTC(2025, 2, 4, 12) + i * 2000;
    const address = '203.0.113.66';
    return [
      { type: 'exchange', time_ms, address, method: 'POST', target: '/login', status: 401, duration_ms: 35 },
      { type: 'business', time_ms: time_ms + 35, name: 'login.failed', principal: `user${i}`, address },
    ];
  }).flat();
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-example-'));
try {
  const file = join(folder, 'events.jsonl');
  writeFileSync(
    file,
    stolenList()
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );
  const report = await runTry({ inputs: [file] });
  for (const { class: kind, actor, why } of report.findings) console.log(`${kind}: ${actor.key}: ${why}`);
} finally {
  rmSync(folder, { recursive: true });
}
