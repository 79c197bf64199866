/** Parameters that others hang on links: advertising, mail and browsers. No API declares them, and nobody meant them for it. */

const NAMES: ReadonlySet<string> = new Set([
  '_',
  '_ga',
  '_gl',
  'dclid',
  'fbclid',
  'gad_source',
  'gbraid',
  'gclid',
  'gclsrc',
  'igshid',
  'li_fat_id',
  'mc_cid',
  'mc_eid',
  'msclkid',
  'srsltid',
  'ttclid',
  'twclid',
  'wbraid',
  'yclid',
]);

/** Is a query parameter of a GET one of those? */
export const isTracking = (name: string): boolean => NAMES.has(name) || name.startsWith('utm_');
