/** Files that the parts of `identity` about signatures and revocation name: looked at before anything listens. */
import type {
  HmacSettings,
  MessageSettings,
  RevocationSettings,
  SecretSource,
  SharedSignalsSettings,
  WebhookSettings,
} from './signing.ts';

interface Named {
  readonly path: (string | number)[];
  readonly name: string;
}

interface Settings {
  readonly signatures: { readonly hmac: readonly HmacSettings[]; readonly messages: readonly MessageSettings[] };
  readonly webhooks: readonly WebhookSettings[];
  readonly revocation: RevocationSettings;
  readonly shared_signals: SharedSignalsSettings;
}

type Add = (name: string | SecretSource | undefined, ...path: (string | number)[]) => void;

/** Every file with its place below `identity`. */
export function signingFiles(settings: Settings): Named[] {
  const files: Named[] = [];
  const add: Add = (source, ...path) => {
    if (typeof source === 'string') files.push({ path, name: source });
    else if (source !== undefined && 'file' in source) files.push({ path: [...path, 'file'], name: source.file });
  };
  addSigned(settings, add);
  addRevocation(settings, add);
  return files;
}

function addSigned({ signatures, webhooks }: Settings, add: Add): void {
  for (const [i, { keys }] of signatures.hmac.entries()) {
    for (const [k, { secrets }] of keys.entries()) {
      for (const [s, source] of secrets.entries()) add(source, 'signatures', 'hmac', i, 'keys', k, 'secrets', s);
    }
  }
  for (const [i, { keys }] of signatures.messages.entries()) {
    for (const [k, { public_key, secret }] of keys.entries()) {
      add(public_key, 'signatures', 'messages', i, 'keys', k, 'public_key');
      add(secret, 'signatures', 'messages', i, 'keys', k, 'secret');
    }
  }
  for (const [i, { secrets }] of webhooks.entries()) {
    for (const [s, source] of secrets.entries()) add(source, 'webhooks', i, 'secrets', s);
  }
}

function addRevocation({ revocation, shared_signals: { receivers, transmitter } }: Settings, add: Add): void {
  for (const [i, { auth }] of revocation.issuers.entries()) {
    if (auth.method === 'basic') add(auth.secret, 'revocation', 'issuers', i, 'auth', 'secret');
    else add(auth.key, 'revocation', 'issuers', i, 'auth', 'key');
  }
  for (const [i, { push_token, poll }] of receivers.entries()) {
    add(push_token, 'shared_signals', 'receivers', i, 'push_token');
    add(poll?.token, 'shared_signals', 'receivers', i, 'poll', 'token');
  }
  add(transmitter?.key, 'shared_signals', 'transmitter', 'key');
  for (const [i, { push, token }] of transmitter?.streams.entries() ?? []) {
    add(push?.token, 'shared_signals', 'transmitter', 'streams', i, 'push', 'token');
    add(token, 'shared_signals', 'transmitter', 'streams', i, 'token');
  }
}
