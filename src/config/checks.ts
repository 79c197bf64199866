/** Values that several sections of the configuration share: names, files, times, networks, dates, and what is said where they are none. */
import { z } from 'zod';
import { parseCidr } from '../lib/cidr.ts';

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

/** Path of a file, relative to the configuration. */
export const filePath = z.string().min(1);

/** A time in seconds, with its default and the longest one. */
export const seconds = (preset: number, max: number) => z.number().positive().max(max).default(preset);

/** A name that metrics, messages and other sections use. */
export const shortName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a short name of small letters, digits and dashes');

/** Name of a header: any token of RFC 9110; and one that every server and proxy lets through. */
export const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of a header');
export const plainHeader = z.string().regex(/^[A-Za-z0-9-]+$/, 'the name of a header');

/** Methods of requests; all when empty. */
export const methods = z.array(z.string().regex(/^[A-Z]+$/, 'a method in capitals')).default([]);

export const cidr = checked(cidrProblem, 'An address or a network in CIDR form.');
