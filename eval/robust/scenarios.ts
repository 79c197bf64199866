/** The scenarios of `npm run eval -- robust`, by name. */
import { atLeast, exactly, table } from '../../bench/lib/figures.ts';
import { disk } from './disk.ts';
import { flap } from './flap.ts';
import { idle } from './idle.ts';
import { KillRounds } from './kill.ts';
import { reload } from './reload.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';
import { workers } from './workers.ts';

const ROUNDS = 20;

const kill: Scenario = async (command, seed, print) => {
  const rounds = Number(process.env.ROBUST_ROUNDS ?? ROUNDS);
  const stage = await Stage.open(command, 'kill');
  const play = new KillRounds(stage, command, seed);
  try {
    for (let i = 0; i < rounds; i++) await play.round(i);
  } finally {
    await stage.close();
  }
  const { tally } = play;
  const { ledgerProblems, journalProblems } = tally;
  print(
    table(
      ['kill -9 under load', 'count'],
      [
        ['rounds', String(tally.rounds)],
        ['requests sent', String(tally.requests)],
        ['orders among them', String(tally.orders)],
        ['mitigations acknowledged', String(tally.mitigations)],
        ['undos acknowledged', String(tally.undos)],
        ['mitigations tried after a restart', String(tally.tried)],
        ['undone ones tried after a restart', String(tally.undoneTried)],
        ['journals with a torn end', String(tally.torn)],
        ['starts from a state that was kept', String(tally.resumed)],
        ['slowest start, ms', String(Math.round(tally.slowestStartMs))],
      ],
    ),
  );
  for (const problem of [...ledgerProblems, ...journalProblems]) print(`  ${problem}`);
  return [
    { metric: 'rounds', value: tally.rounds, target: atLeast(rounds) },
    { metric: 'orders_twice', value: tally.twice, target: exactly(0) },
    { metric: 'orders_acknowledged_unserved', value: tally.unserved, target: exactly(0) },
    { metric: 'acknowledged_lost', value: tally.lost, target: exactly(0) },
    { metric: 'ledger_not_verified', value: ledgerProblems.length, target: exactly(0) },
    { metric: 'journal_not_replayed', value: journalProblems.length, target: exactly(0) },
    { metric: 'journal_short', value: tally.journalShort, target: exactly(0) },
    { metric: 'kept_states_unread', value: tally.statesUnread, target: exactly(0) },
    { metric: 'not_held_after_restart', value: tally.notHeld, target: exactly(0) },
    { metric: 'undone_held_after_restart', value: tally.heldAgain, target: exactly(0) },
    { metric: 'workers_left_behind', value: tally.orphans, target: exactly(0) },
  ];
};

export const SCENARIOS: Readonly<Record<string, Scenario>> = { kill, flap, disk, reload, idle, workers };
