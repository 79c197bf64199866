/** Errors about what is learned while the gateway runs. */
import type { ErrorEntry } from './entry.ts';

export const MODEL_ERRORS = {
  SP5005: {
    title: 'No model could be learned',
    advice: 'The one before stays in force, and it is tried again. If it lasts, please report it with the message.',
  },
  SP5006: {
    title: 'The saved model cannot be used',
    advice: 'Learning begins anew. Remove model.json from the data directory if it is not needed any more.',
  },
} as const satisfies Record<string, ErrorEntry>;
