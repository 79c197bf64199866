import type { ErrorEntry } from './entry.ts';

/** Mistakes in `workflows` of the configuration. */
export const WORKFLOW_ERRORS = {
  SP8101: {
    title: 'A rule names a step that its workflow does not have',
    advice: 'Steps are the keys under steps of the same workflow; the message names them.',
  },
  SP8102: {
    title: 'A step or a rule of a workflow says none or several of the things that exclude each other',
    advice:
      'A step is a route or a business event. A rule has one of requires, at_most and amount_of. docs/workflows.md has examples.',
  },
  SP8103: {
    title: 'A name stands twice among workflows, or among the rules of one',
    advice: 'Findings name the rule: give each a name of its own.',
  },
} as const satisfies Record<`SP${number}`, ErrorEntry>;
