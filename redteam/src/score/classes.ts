/**
 * Which class of finding names which family of abuse: the scoreboard's own judgement, in one place.
 *
 * A class fits where an operator who reads it knows what is going on and what is at stake. Classes that say only how
 * something was done (automation, rotation, declared-tool) or how much of it there was fit only where that is the
 * abuse. A campaign that is seen under another class is a miss in recall, and is listed as "found under another class".
 * Names that no detector uses today stand here where they would be right, so that a new class need not wait for this
 * file; a class that stands nowhere fits nothing.
 */
import type { Family } from '../contract.ts';

export const FITTING: Readonly<Record<Family, readonly string[]>> = {
  stuffing: ['credential-attack', 'credential-stuffing'],
  spraying: ['credential-attack', 'password-spraying'],
  // The login is what can be seen of both; what follows it is a take-over.
  takeover: ['account-takeover', 'takeover', 'take-over', 'credential-attack', 'session-hijack'],
  'code-guessing': ['code-guessing'],
  'signup-abuse': ['signup-abuse', 'sign-up', 'fake-accounts', 'account-creation'],
  'object-enumeration': ['enumeration', 'object-enumeration', 'object-access'],
  'account-enumeration': ['enumeration', 'account-enumeration'],
  scraping: ['scraping'],
  'key-leak': ['key-leak', 'leaked-key', 'misuse', 'credential-misuse', 'credential-sharing', 'leaked-credential'],
  // A partner's key that takes more than was agreed: seen by what it takes, by how much, or by who else has it now.
  'partner-misuse': [
    ...[
      'partner-misuse',
      'misuse',
      'leaked-key',
      'credential-misuse',
      'scraping',
      'enumeration',
      'resource-exhaustion',
    ],
  ],
  // Devices that are somebody else's: their keys were taken from them.
  'device-storm': ['device-storm', 'device-abuse', 'leaked-key', 'resource-exhaustion'],
  // A scanner that says so, and whoever touches what nobody links to, are probing.
  probing: ['probing', 'decoy', 'declared-tool'],
  injection: ['injection'],
  'resource-cost': ['resource-exhaustion', 'resource-cost', 'cost'],
  'workflow-manipulation': ['workflow-manipulation', 'workflow', 'business-logic', 'price-manipulation'],
  'billing-spike': ['billing-spike', 'billing', 'resource-exhaustion', 'resource-cost', 'cost'],
};

/** Whether a finding of this class names that family. */
export function fits(className: string, family: Family): boolean {
  return FITTING[family].includes(className);
}
