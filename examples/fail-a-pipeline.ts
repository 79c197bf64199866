/** For a nightly job: exit code 1 when the policy would have done more than tag somebody. */
import { loadConfig, runTry, SallyportError } from 'sallyport';

const [config, ...inputs] = process.argv.slice(2);

try {
  // What is on the configuration's allowlist is scored, but nothing is ever recommended against it.
  const report = await runTry({ inputs, config: loadConfig(config) });
  const acted = report.actors.filter(({ recommended }) => recommended !== 'allow' && recommended !== 'tag');
  for (const { actor, recommended, reason, sharing } of acted) {
    const behind = `${sharing.low} to ${sharing.high} identities behind it`;
    console.log(`${actor.dimension} ${actor.key}: ${recommended}, ${reason} (${behind})`);
  }
  process.exitCode = acted.length > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof SallyportError)) throw error;
  console.error(`${error.code}: ${error.message}\n${error.advice}`);
  process.exitCode = 2;
}
