/** Secrets and personal data in answers. */
export { LeakScanner } from './scan.ts';
