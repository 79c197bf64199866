/** The shop's options, as the command line and the environment have them. */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ShopOptions } from './shop.ts';

export const HELP = `Starts the sample shop, which is weak on purpose.

  --port N             port; 8081, or SHOP_PORT; 0 for a free one
  --host ADDRESS       address to listen on; 127.0.0.1, or SHOP_HOST
  --allow-remote       listen on an address that others can reach, or SHOP_ALLOW_REMOTE=1
  --data FILE          inventory as JSON, or SHOP_DATA; drawn from the seed without it
  --seed TEXT          seed of the inventory, or SHOP_SEED
  --log FILE           access log; - for standard output; or SHOP_LOG
  --log-format FORMAT  combined (with forwarding chain and seconds) or json (with business events), or SHOP_LOG_FORMAT
  --signals            name users and events in response headers, for a Sallyport before it; or SHOP_SIGNALS=1
  --tokens             hand out signed tokens (JWT, ES256; key at /.well-known/jwks.json), or SHOP_TOKENS=1
  --mail FILE          where the mail goes that the shop sends, as JSON lines, or SHOP_MAIL
`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  'allow-remote': { type: 'boolean' },
  data: { type: 'string' },
  seed: { type: 'string' },
  log: { type: 'string' },
  'log-format': { type: 'string' },
  mail: { type: 'string' },
  signals: { type: 'boolean' },
  tokens: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** @throws Error for an unknown option, or a value that is none. */
export function optionsFrom(args: readonly string[], env: NodeJS.ProcessEnv): ShopOptions | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return 'help';
  const port = Number(values.port ?? env.SHOP_PORT ?? 8081);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port is a number from 0 to 65535');
  const logFormat = values['log-format'] ?? env.SHOP_LOG_FORMAT ?? 'combined';
  if (logFormat !== 'combined' && logFormat !== 'json') throw new Error('--log-format is combined or json');
  const mailFile = values.mail ?? env.SHOP_MAIL;
  return {
    port,
    host: values.host ?? env.SHOP_HOST ?? '127.0.0.1',
    allowRemote: values['allow-remote'] ?? env.SHOP_ALLOW_REMOTE === '1',
    data: values.data ?? env.SHOP_DATA,
    seed: values.seed ?? env.SHOP_SEED,
    log: values.log ?? env.SHOP_LOG,
    logFormat,
    signals: values.signals ?? env.SHOP_SIGNALS === '1',
    tokens: values.tokens ?? env.SHOP_TOKENS === '1',
    mail: mailFile ? (letter) => appendFileSync(mailFile, `${JSON.stringify(letter)}\n`) : undefined,
    onError: (error) => process.stderr.write(`shop: ${error.stack ?? error.message}\n`),
  };
}
