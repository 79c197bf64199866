/** Whom to look at first: `npx tsx examples/who-to-look-at.ts access.log` */
import { runTry } from 'sallyport';

const inputs = process.argv.slice(2);
if (inputs.length === 0) throw new Error('name a log file');

const report = await runTry({ inputs });

for (const actor of report.actors.slice(0, 10)) {
  const { dimension, key } = actor.actor;
  const percent = Math.round(actor.risk * 100);
  console.log(`${dimension} ${key}: ${actor.risk_class} (${percent} %), ${actor.recommended}: ${actor.reason}`);
}
console.log(`${report.exchanges} requests, ${report.findings.length} findings, decision hash ${report.decision_hash}`);
