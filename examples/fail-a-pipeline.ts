/** For a nightly job: exit code 1 when the default policy would have blocked somebody whom nobody expected. */
import { loadConfig, runTry, SallyportError } from 'sallyport';

const [config, ...inputs] = process.argv.slice(2);

try {
  // What is on the configuration's allowlist is scored but never recommended for a block.
  const report = await runTry({ inputs, config: loadConfig(config) });
  const blocked = report.actors.filter((actor) => actor.recommended === 'block');
  for (const { actor, reason, sharing } of blocked) {
    console.log(`${actor.dimension} ${actor.key}: ${reason} (${sharing.low} to ${sharing.high} identities behind it)`);
  }
  process.exitCode = blocked.length > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof SallyportError)) throw error;
  console.error(`${error.code}: ${error.message}\n${error.advice}`);
  process.exitCode = 2;
}
