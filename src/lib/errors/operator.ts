/** Errors of whoever operates a running Sallyport: the admin listener and the verbs that speak to it. */
import type { ErrorEntry } from './entry.ts';

export const OPERATOR_ERRORS = {
  SP7001: {
    title: 'The admin listener cannot be reached',
    advice: 'Is sallyport serve running? Compare admin.listen of its configuration with the address that was asked.',
  },
  SP7002: {
    title: 'The admin token is missing or wrong',
    advice:
      'The token stands in the file that serve names when it starts, admin.token in the data directory by default.',
  },
  SP7003: {
    title: 'The request to the admin listener is not understood',
    advice: 'Compare with docs/admin.md.',
  },
  SP7004: {
    title: 'No such mitigation',
    advice: 'Ids are those of sallyport mitigations, of the live page and of the receipts that clients are shown.',
  },
  SP7005: {
    title: 'The mitigation no longer stands',
    advice: 'It has expired or was undone. sallyport mitigations --all shows what became of it.',
  },
  SP7006: {
    title: 'The gateway cannot start',
    advice: 'The message names the part. sallyport doctor looks at all of them.',
  },
  SP7007: {
    title: 'There is nothing to serve',
    advice: 'Name the API that stands behind: upstream: http://127.0.0.1:3000 in sallyport.yaml, or --upstream.',
  },
  SP7008: {
    title: 'The configuration was not taken over',
    advice: 'The one before stays in force. Some keys count only at the start: the message names them.',
  },
  SP7010: {
    title: 'An entry of the configuration has ended, or will soon',
    advice: 'Take it out, or have its owner confirm it with a new date.',
  },
  SP7011: {
    title: 'The configuration opens more than it seems to',
    advice:
      'Listen on 127.0.0.1 and come over a tunnel, or close what the message names. It is a warning, not an error.',
  },
  SP7012: {
    title: 'A part of the configuration can never count',
    advice: 'The first that matches counts: put what is narrower before what is wider.',
  },
  SP7013: {
    title: 'A check of the doctor broke off',
    advice: 'The other checks are not touched by it. Please report it with the message.',
  },
  SP7020: {
    title: 'Too many wrong admin tokens from one address',
    advice: 'Wait as long as Retry-After says. A dashboard or script that still uses an old token is the usual cause.',
  },
  SP7021: {
    title: 'The admin listener was asked for under a name that is not its own',
    advice: 'Use its address or localhost, or name it in admin.hosts: other names are refused, against DNS rebinding.',
  },
  SP7022: {
    title: 'A change was asked for by a page of another site',
    advice: 'Send the header X-Sallyport: 1 and no Origin but that of the admin listener, or use the token.',
  },
  SP7023: {
    title: 'Too many live streams at once',
    advice: 'Close live pages that nobody looks at.',
  },
  SP7024: {
    title: 'The admin token file cannot be used',
    advice: 'It holds one line of at least 32 printable characters. Remove it, and serve makes a new one.',
  },
} as const satisfies Record<string, ErrorEntry>;
