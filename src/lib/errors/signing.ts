/** Errors of signed requests, webhooks, revocation and shared signals. */
import type { ErrorEntry } from './entry.ts';

export const SIGNING_ERRORS = {
  SP7601: {
    title: 'A secret cannot be read',
    advice:
      'The message names the file or the variable. The file must be readable by this user and not empty; the variable must be set where Sallyport is started.',
  },
  SP7602: {
    title: 'A key cannot be used',
    advice:
      'Public keys are PEM files (SPKI), private ones PKCS #8, and each must be of the kind that its algorithm needs: RSA of 2048 bits and more, P-256, P-384 or Ed25519.',
  },
  SP7603: {
    title: 'No more nonces can be remembered',
    advice:
      'Signed requests are refused until older nonces expire: forgetting one would let it be replayed. Look for who sends that many, raise identity.signatures.replay_entries, or shorten tolerance_s.',
  },
  SP7604: {
    title: 'An issuer was not told of a revocation',
    advice:
      'Here the token counts no more; at its issuer it still does. Revoke it there by hand, and look at endpoint and client authentication under identity.revocation.issuers.',
  },
  SP7605: {
    title: 'Too many revocations wait for an issuer',
    advice: 'The issuer is down or too slow. Those that were left out count here only: revoke them there by hand.',
  },
  SP7606: {
    title: 'A security event was refused',
    advice:
      'The reason stands in the message. Compare issuer, audience, algorithms and jwks of the receiver with the configuration that its transmitter publishes.',
  },
  SP7607: {
    title: 'Security events cannot be asked for',
    advice:
      'It is tried again with growing pauses; nothing is lost at the transmitter. Check endpoint and token of poll.',
  },
  SP7608: {
    title: 'A security event was not delivered',
    advice:
      'The receiver did not take it in time or refused it. What it was about is in force here; tell the receiver.',
  },
  SP7609: {
    title: 'No more revocations can be kept',
    advice:
      'The revocation named is NOT in force. Raise identity.revocation.entries, or change the key that all these tokens were signed with.',
  },
  SP7610: {
    title: 'Nothing of this name is revoked',
    advice: 'sallyport keys list --revoked shows what is. A key that its file marks as revoked is changed there.',
  },
  SP7612: {
    title: 'A worker does not know all revocations',
    advice:
      'There are more than it can be told, or it does not read. Restart it; where that does not help, revoke fewer: change the key that signed them.',
  },
  SP7611: {
    title: 'A revocation is not on record',
    advice:
      'It is as the message says now, and forgotten at the next start. Look at the disk and the ledger, then revoke or restore it once more.',
  },
  SP7613: {
    title: 'What was learned of shared signals is not kept',
    advice:
      'It holds until the next start: after that a security event of before could come again, and streams are as the configuration has them. Look at the disk, and at signals.jsonl in the data directory.',
  },
} as const satisfies Record<string, ErrorEntry>;
