/**
 * Which policy holds for an event: the documents that match it, over the pack behind them. Asked only where somebody has a
 * risk, so matching may take a microsecond; what a set of documents makes of the policy is compiled once.
 */
import { type CompiledPolicy, compilePolicy } from '../engine/decide.ts';
import type { PolicyBook } from '../engine/engine.ts';
import type { Facts } from '../engine/facts.ts';
import type { ClassPolicy, Policy } from '../engine/policy.ts';
import { METHODS } from '../enrich/facts.ts';
import { compileGlob, type Glob, matchGlob } from '../enrich/routes/glob.ts';
import { readTarget, Target } from '../enrich/target.ts';
import { CidrSet } from '../lib/cidr.ts';
import { hashString } from '../lib/hash.ts';
import { MAX_RULES, type PolicyRule, type PolicySource } from './source.ts';

interface CompiledRule {
  readonly rule: PolicyRule;
  readonly globs: readonly Glob[];
  readonly methods: readonly number[];
  readonly exempt: readonly ((facts: Facts) => boolean)[];
}

/** Compiles a source. `seed` keys the hashes of the principals and credentials that exemptions name. */
export function compileBook(
  source: PolicySource,
  seed: number,
): { base: CompiledPolicy; book: PolicyBook | undefined } {
  const base = compilePolicy(source.base);
  if (source.rules.length === 0) return { base, book: undefined };
  if (source.rules.length > MAX_RULES) throw new RangeError(`more than ${MAX_RULES} policy documents`);
  return { base, book: new RuleBook(source, seed, base) };
}

class RuleBook implements PolicyBook {
  private readonly source: PolicySource;
  private readonly rules: readonly CompiledRule[];
  private readonly base: CompiledPolicy;
  private readonly byMask = new Map<number, CompiledPolicy>();
  private readonly target = new Target();

  constructor(source: PolicySource, seed: number, base: CompiledPolicy) {
    this.source = source;
    this.base = base;
    this.rules = source.rules.map((rule) => ({
      rule,
      globs: rule.match.paths.map(compileGlob),
      methods: rule.match.methods.map((m) => Math.max(0, METHODS.indexOf(m as (typeof METHODS)[number]))),
      exempt: rule.exemptions.map((e) => exemptionTest(e, seed)),
    }));
  }

  at(facts: Facts): CompiledPolicy {
    let mask = 0;
    const { batch, row } = facts;
    const start = batch.targetAt[row];
    readTarget(batch.text, start, start + batch.targetLength[row], 0, this.target);
    for (let i = 0; i < this.rules.length; i++) {
      const compiled = this.rules[i];
      if (!this.matches(compiled, facts)) continue;
      // Two bits a rule: it matches, and who asks is exempt from it.
      mask += 4 ** i * (compiled.exempt.some((test) => test(facts)) ? 3 : 1);
    }
    if (mask === 0) return this.base;
    let policy = this.byMask.get(mask);
    if (policy === undefined) {
      policy = compilePolicy(this.merged(mask));
      this.byMask.set(mask, policy);
    }
    return policy;
  }

  private matches(compiled: CompiledRule, facts: Facts): boolean {
    const { match } = compiled.rule;
    if (compiled.methods.length > 0 && !compiled.methods.includes(facts.method)) return false;
    if (match.routeClasses.length > 0 && !match.routeClasses.includes(facts.routeClass)) return false;
    if (match.hosts.length > 0 && !match.hosts.includes(facts.text('host').replace(/:\d+$/, '').toLowerCase()))
      return false;
    const { path, pathStart, pathEnd } = this.target;
    return compiled.globs.length === 0 || compiled.globs.some((glob) => matchGlob(glob, path, pathStart, pathEnd));
  }

  /** The pack with the first matching document of each class put over it. */
  private merged(mask: number): Policy {
    const { base } = this.source;
    const classes: Record<string, ClassPolicy> = { ...base.classes };
    this.rules.forEach(({ rule }, i) => {
      const bits = Math.floor(mask / 4 ** i) % 4;
      if (bits === 0) return;
      for (const name of rule.classes) {
        if (classes[name].document !== undefined) continue;
        classes[name] =
          bits === 3 ? { document: rule.name, missCents: 0, actions: [] } : ruled(base.classes[name], rule);
      }
    });
    return { ...base, classes: classes as Policy['classes'] };
  }
}

function ruled(standard: ClassPolicy, rule: PolicyRule): ClassPolicy {
  return {
    document: rule.name,
    missCents: rule.missCents ?? standard.missCents,
    actions: rule.ladder ?? standard.actions,
    atOnce: rule.atOnce ?? standard.atOnce,
    falseCents: { ...standard.falseCents, ...rule.falseCents },
    ttlSec: rule.ttlSec ?? standard.ttlSec,
    mode: rule.mode,
    canaryPermille: rule.canaryPermille,
  };
}

function exemptionTest(e: PolicyRule['exemptions'][number], seed: number): (facts: Facts) => boolean {
  if (e.address !== undefined) {
    const set = CidrSet.of([e.address]);
    return (f) => f.now < e.untilMs && set.hasKey(f.batch.ipHi[f.row], f.batch.ipLo[f.row]);
  }
  if (e.principal !== undefined) {
    const { hi, lo } = hashString(e.principal, seed);
    return (f) => f.now < e.untilMs && f.batch.principalHi[f.row] === hi && f.batch.principalLo[f.row] === lo;
  }
  const { hi, lo } = hashString(e.credential ?? '', seed);
  return (f) => f.now < e.untilMs && f.batch.credentialHi[f.row] === hi && f.batch.credentialLo[f.row] === lo;
}
