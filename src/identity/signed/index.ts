/** All schemes that check signatures over requests, as a configuration describes them, in the order of the configuration. */
import type { HmacSettings, MessageSettings, WebhookSettings } from '../../config/signing.ts';
import type { ReplayPort } from '../replay.ts';
import type { Scheme } from '../scheme.ts';
import { hmacScheme } from './hmac.ts';
import { messageSignatureScheme } from './message-signatures/scheme.ts';
import type { KeyFiles } from './parts.ts';
import { webhookScheme } from './webhooks.ts';

export { type KeyFiles, keyFiles } from './parts.ts';

interface SignedSettings {
  readonly signatures: { readonly hmac: readonly HmacSettings[]; readonly messages: readonly MessageSettings[] };
  readonly webhooks: readonly WebhookSettings[];
}

/**
 * Webhooks first, because their paths are the narrowest. SallyportError SP7601 for a secret that is not there or too short,
 * SP7602 for a key that cannot be used.
 */
export function signedSchemes(settings: SignedSettings, files: KeyFiles, replay: ReplayPort): Scheme[] {
  return [
    ...settings.webhooks.map((webhook) => webhookScheme(webhook, files, replay)),
    ...settings.signatures.messages.map((message) => messageSignatureScheme(message, files, replay)),
    ...settings.signatures.hmac.map((hmac) => hmacScheme(hmac, files, replay)),
  ];
}
