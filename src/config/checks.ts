/** Values that several sections of the configuration share: networks, dates, and what is said where they are none. */
import { z } from 'zod';
import { parseCidr } from '../lib/ip.ts';

/** A text that `problem` accepts with null, or refuses with a sentence. */
export function checked(problem: (value: string) => string | null, description: string) {
  return z
    .string()
    .superRefine((value, context) => {
      const message = problem(value);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .describe(description);
}

export function cidrProblem(text: string): string | null {
  const cidr = parseCidr(text);
  if (!cidr) return `"${text}" is not an address or network such as 10.0.0.0/8 or 2001:db8::/32`;
  const exact = parseCidr(text.replace(/\/.*/, ''));
  if (exact?.first.some((lane, i) => lane !== cidr.first[i])) {
    return `"${text}" has bits set behind its prefix: write the first address of the network, or drop the prefix`;
  }
  return null;
}

export function dateProblem(text: string): string | null {
  const valid = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?$/.test(text) && !Number.isNaN(Date.parse(text));
  return valid ? null : `"${text}" is not a date such as 2026-12-31 or 2026-12-31T18:00:00Z`;
}

export const cidr = checked(cidrProblem, 'An address or a network in CIDR form.');
