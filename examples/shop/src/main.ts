/**
 * Starts the shop from the command line.
 *
 *     npx tsx examples/shop/src/main.ts --port 8081 --log access.log
 */
import { HELP, optionsFrom } from './command.ts';
import { startShop } from './shop.ts';

async function main(): Promise<void> {
  const options = optionsFrom(process.argv.slice(2), process.env);
  if (options === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const shop = await startShop(options);
  process.stdout.write(`${JSON.stringify({ listening: shop.url, pid: process.pid })}\n`);
  const stop = () => void shop.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: Error) => {
  process.stderr.write(`shop: ${error.message}\n`);
  process.exitCode = 1;
});
