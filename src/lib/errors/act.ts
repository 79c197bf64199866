import type { ErrorEntry } from './entry.ts';

/**
 * What stopped clients are told, one code an action. A client's document names code, receipt and expiry; why it was stopped
 * stands with the mitigation of that id.
 */
export const ACT_ERRORS = {
  SP7401: {
    title: 'A request was blocked',
    advice:
      'The receipt is the id of a mitigation: sallyport mitigations shows its reasons, sallyport undo takes it back. It ends by itself at the time named.',
  },
  SP7402: {
    title: 'A client is sending faster than it may for now',
    advice:
      'It is throttled: gateway.throttle says what it still gets. Clients wait for Retry-After; the receipt is the id of the mitigation.',
  },
  SP7403: {
    title: 'A rate limit is exceeded',
    advice: 'One of limits in the configuration; RateLimit-Policy names it. Clients wait for Retry-After.',
  },
  SP7404: {
    title: 'A request has to be paid for with a little work',
    advice: 'Browsers solve it by themselves. For API clients the protocol stands in docs/challenge.md.',
  },
  SP7405: {
    title: 'A credential is no longer accepted',
    advice:
      'It was revoked because it is being abused. Give its owner a new one, or undo the mitigation of the receipt.',
  },
  SP7406: {
    title: 'The answer to a challenge is not understood',
    advice: 'Send {"prefix": …, "nonce": …} as JSON with POST. docs/challenge.md has a client of twenty lines.',
  },
  SP7407: {
    title: 'The answer to a challenge does not count',
    advice:
      'It was expired, used before, wrong, or made for another client; the document says which. Ask again for a new challenge.',
  },
  SP7408: {
    title: 'The answer to a challenge cannot be looked at now',
    advice: 'The owner of state did not answer. Send the same answer again after Retry-After: it is not used up.',
  },
  SP7409: {
    title: 'There is nothing under this address of the gateway',
    advice: 'docs/actions.md lists what is served under /.well-known/sallyport/.',
  },
} as const satisfies Record<string, ErrorEntry>;
