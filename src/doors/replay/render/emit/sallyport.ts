/** Mitigations as Sallyport's own document, for a gateway or decision service: in shadow mode until told otherwise. */
import { Document, Scalar } from 'yaml';
import type { Report } from '../../../../runtime/report.ts';
import { escapeUnprintable } from '../text.ts';
import { collateralWords } from '../words.ts';
import { comment, type EmitOptions, leftLines, planMitigations, reasons, rfc3339 } from './plan.ts';

/** A YAML document of mitigations: id, actor, action, ttl, reason, mode. */
export function emitSallyport(report: Report, options: EmitOptions): string {
  const plan = planMitigations(report, options);
  const now = Math.floor(options.nowMs / 1000);
  const document = new Document({
    mitigations_version: 1,
    made_at: rfc3339(now),
    decision_hash: report.decision_hash,
    mitigations: plan.mitigations.map((m) => ({
      id: m.id,
      actor: { dimension: m.actor.actor.dimension, key: exact(m.actor.actor.key) },
      action: m.action,
      mode: 'shadow',
      ttl_s: m.ttlS,
      expires_at: rfc3339(m.expiresAt),
      class: m.actor.risk_class,
      risk: m.actor.risk,
      reason: comment(m.actor.reason),
      evidence: comment(reasons(report, m.actor)),
      findings: [...m.actor.findings],
      would_hurt: comment(collateralWords(m.actor)),
    })),
  });
  const lines = [
    ...plan.head,
    'Everything starts in shadow mode: decided and recorded, never carried out. Set mode to canary or enforce to act.',
    'Undo: delete the entry, or wait for expires_at.',
    ...leftLines(plan),
  ];
  document.commentBefore = lines.map((line) => ` ${line}`).join('\n');
  return escapeUnprintable(document.toString({ lineWidth: 110 }));
}

/** A key comes from the log and is kept as it was: in double quotes, where YAML escapes what a reader would not see. */
function exact(key: string): string | Scalar<string> {
  if (escapeUnprintable(key) === key) return key;
  const scalar = new Scalar(key);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}
