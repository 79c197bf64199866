/** Bodies of requests: collected before they go on, and taken apart. */
import type { ErrorEntry } from './entry.ts';

export const BODY_ERRORS = {
  SP7701: {
    title: 'The body of the request is larger than is held back for its route',
    advice:
      'The route refuses what it cannot look at whole. Raise body.bytes of the route, or choose beyond: prefix or spool.',
  },
  SP7702: {
    title: 'The body of the request is larger than is kept on disk for its route',
    advice: 'Raise body.spool_bytes of the route where such bodies are meant to be.',
  },
  SP7703: {
    title: 'There is no room to hold back one more request body',
    advice:
      'inspection.bodies.memory_bytes or spool_total_bytes is used up. Look for many slow uploads at once first, then raise it.',
  },
  SP7704: {
    title: 'A request body could not be kept on disk',
    advice: 'Check inspection.bodies.spool_dir: it must exist, may be written to, and have space left.',
  },
  SP7705: {
    title: 'The beginning of the request body did not come in time',
    advice: 'No connection to a server was taken for it. Many of these at once are an attack (slow bodies).',
  },
} as const satisfies Record<string, ErrorEntry>;
