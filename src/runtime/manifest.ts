/**
 * The decision hash: one line that says whether two runs decided the same. It covers everything that was decided, in
 * order, and a manifest of everything that steered it (design, invariant 3).
 */
import { createHash } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import type { LearnedModel } from '../enrich/model.ts';
import type { PolicySource } from '../policy/source.ts';

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export interface ManifestParts {
  readonly version: string;
  readonly digest: string;
  readonly networks: string;
  readonly policies: PolicySource;
  readonly model: LearnedModel;
  readonly seed: number;
  readonly latenessMs: number;
}

/** What a run depended on, as short hashes and versions. The seed itself is a secret and only appears hashed. */
export function manifestOf(parts: ManifestParts): Record<string, string> {
  return {
    code: parts.version,
    detectors: short(parts.digest),
    networks: parts.networks,
    policy: `${parts.policies.version} ${short(JSON.stringify(parts.policies))}`,
    model: parts.model.version,
    seed: parts.seed === 0 ? '0' : short(`seed ${parts.seed}`),
    lateness_ms: String(parts.latenessMs),
  };
}

/** 32 hex digits over the manifest and everything the engine decided. */
export function decisionHash(engine: Engine, manifest: Readonly<Record<string, string>>): string {
  const text = JSON.stringify([manifest, engine.sequence, engine.hashHi, engine.hashLo]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
