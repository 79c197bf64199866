/** `redteam live`: the visitors of a scenario against a real server. */
import { type Command, Option } from 'commander';
import type { Exchange } from '../contract.ts';
import { LIMITS, type LiveSummary, mailboxOf, runLive, summaryText } from '../live/index.ts';
import { composeWorld, readScenario, TruthLog } from '../simulate/index.ts';
import { EXIT, Failure, positive, share, wholeNumber } from './common.ts';

interface Options {
  readonly url: string;
  readonly seed: string;
  readonly share?: number;
  readonly scale?: number;
  readonly factor: number;
  readonly rate: number;
  readonly seconds: number;
  readonly requests: number;
  readonly inFlight: number;
  readonly allowRemote: boolean;
  readonly markCampaigns: boolean;
  readonly keyHeader: string;
  readonly cookie: string;
  readonly mailbox?: string;
  readonly truth?: string;
  readonly times: 'real' | 'world';
  readonly json: boolean;
}

const HELP = `
The server must be stocked with the same world: its accounts, keys and codes are those of 'redteam site'.

  $ redteam site --scenario redteam/scenarios/quick.yaml --seed 7 --out inventory.json
  $ npm run shop -- --port 8081 --data inventory.json --mail mail.jsonl
  $ redteam live redteam/scenarios/quick.yaml --seed 7 --url http://127.0.0.1:8081 --mailbox mail.jsonl --factor 5

Every client connects from an address of its own in 127.0.0.0/8 and names its real one in X-Forwarded-For, as a trusted
proxy would. Addresses beyond this machine are refused without --allow-remote: attack nothing that is not yours.
`;

export function addLive(program: Command): void {
  program
    .command('live')
    .argument('<scenario>', 'a scenario file (YAML)')
    .description('send the visitors of a scenario to a real server, within bounds')
    .requiredOption('--url <url>', 'where the server listens, or the door before it: http://127.0.0.1:8081')
    .requiredOption('--seed <text>', 'everything that is drawn depends on it')
    .option('--share <part>', "attackers' part of all requests, instead of the scenario's", share)
    .option('--scale <factor>', 'factor on everything in the world', positive)
    .option('--factor <n>', 'world time in real time: 60 for an hour in a minute', positive, 1)
    .option('--rate <n>', 'requests a second at most', positive, LIMITS.requestsPerSecond)
    .option('--seconds <n>', 'seconds at most', positive, LIMITS.seconds)
    .option('--requests <n>', 'requests at most', wholeNumber, LIMITS.requests)
    .option('--in-flight <n>', 'requests at once at most', wholeNumber, LIMITS.inFlight)
    .option('--mailbox <file>', 'letters that the server sends, one JSON object a line: where people find reset codes')
    .option('--key-header <name>', 'header for API keys', 'X-Api-Key')
    .option('--cookie <name>', 'name of the session cookie', 'session')
    .option('--truth <dir>', 'write the truth of the run there')
    .addOption(new Option('--times <which>', 'times in the truth').choices(['real', 'world']).default('real'))
    .option('--mark-campaigns', 'say in a header which campaign sent a request; it gives the truth away', false)
    .option('--allow-remote', 'let the run leave this machine', false)
    .option('--json', 'the summary as JSON', false)
    .addHelpText('after', HELP)
    .action(live);
}

async function live(path: string, options: Options): Promise<void> {
  const scenario = readScenario(path);
  const { world, sources, campaigns } = composeWorld(scenario, options.seed, options);
  const truth = options.truth === undefined ? undefined : new TruthLog();
  const sink = (exchange: Exchange) => truth?.add(exchange);
  const summary = await drive(options, { world, sources: [...sources, ...campaigns], sink });
  if (options.truth !== undefined) {
    const spent = campaigns.map(({ plan, unit, spend }) => ({ plan, unit, spend: { ...spend } }));
    truth?.write(options.truth, { scenario: scenario.name, seed: options.seed, campaigns: spent, summary });
  }
  process.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : summaryText(summary));
  if (summary.ending === 'aborted') process.exitCode = EXIT.interrupted;
}

type Parts = Pick<Parameters<typeof runLive>[0], 'world' | 'sources' | 'sink'>;

async function drive(options: Options, parts: Parts): Promise<LiveSummary> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  const { rate: requestsPerSecond, seconds, requests, inFlight, mailbox } = options;
  const { url, factor, allowRemote, markCampaigns, keyHeader, cookie, times } = options;
  const more = { url, factor, allowRemote, markCampaigns, keyHeader, cookie, times };
  try {
    return await runLive({
      ...parts,
      ...more,
      limits: { requestsPerSecond, seconds, requests, inFlight },
      mailbox: mailbox === undefined ? undefined : mailboxOf(mailbox),
      signal: stop.signal,
    });
  } catch (error) {
    // Nothing was sent: a bound or an address that cannot be.
    throw new Failure((error as Error).message, EXIT.usage);
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}
