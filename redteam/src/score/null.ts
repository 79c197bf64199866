/** The score of a run without campaigns. */
import { ActorIndex } from './actors.ts';
import { type Collateral, collateralOf, identitiesOf } from './cohorts.ts';
import { type Claim, Judge } from './findings.ts';
import { levelsOf } from './holds.ts';
import { firstActions } from './run.ts';
import type { Decisions, Said } from './said.ts';
import type { TruthColumns } from './truth.ts';

/** What was found where there is nothing: all of it is wrong, but for what is about those who attack with permission. */
export interface NullScore {
  readonly seed: string;
  readonly days: number;
  readonly exchanges: number;
  /** Incidents with a finding about somebody who has no permission. */
  readonly incidents: number;
  readonly findings: number;
  /** Actors that met a throttle or harder. */
  readonly acted: number;
  /** Incidents, findings and actors acted on that are about those with permission alone. */
  readonly permitted: { readonly incidents: number; readonly findings: number; readonly acted: number };
  readonly cohorts: readonly Collateral[];
  /** Wrong findings by class, the most frequent first. */
  readonly classes: readonly (readonly [name: string, findings: number])[];
}

export function scoreNull(seed: string, truth: TruthColumns, said: Said, decisions: Decisions): NullScore {
  const index = new ActorIndex(truth);
  const level = levelsOf(truth, index, decisions);
  const claims: (Claim & { id: string })[] = said.findings.map((f) => {
    return { id: f.id, actor: f.actor, class: f.class, atMs: f.detectedAtMs, hint: { firstSeenMs: f.firstSeenMs } };
  });
  for (const claim of claims) index.resolve(claim.actor, claim.hint);
  const judge = new Judge(truth, index, []);
  const isPermitted = (claim: Claim): boolean =>
    judge.judge(claim.actor, claim.atMs, claim.hint)?.standing === 'permitted';
  const permitted = new Set(claims.filter(isPermitted).map((c) => c.id));
  const quiet = said.incidents.filter((i) => i.findings.length > 0 && i.findings.every((id) => permitted.has(id)));
  const actions = firstActions(decisions);
  const allowed = actions.filter(isPermitted).length;
  const classes = new Map<string, number>();
  for (const f of said.findings) if (!permitted.has(f.id)) classes.set(f.class, (classes.get(f.class) ?? 0) + 1);
  return {
    seed,
    days: truth.rows === 0 ? 0 : (truth.timeMs[truth.rows - 1] - truth.timeMs[0]) / 86_400_000,
    exchanges: truth.rows,
    incidents: said.incidents.length - quiet.length,
    findings: said.findings.length - permitted.size,
    acted: actions.length - allowed,
    permitted: { incidents: quiet.length, findings: permitted.size, acted: allowed },
    cohorts: collateralOf(truth, identitiesOf(truth), { name: 'sallyport', level }),
    classes: [...classes].sort((a, b) => b[1] - a[1]),
  };
}
