/**
 * Share of a rule's evidence that a field leaves, in permille, by CONTENT_FIELD. A referrer is often somebody else's doing.
 */
export const FIELD_WEIGHT: readonly number[] = [0, 1000, 1000, 1000, 700, 1000, 1000];
