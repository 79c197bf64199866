/** How addresses to listen on are written. */
import { parseIp } from '../lib/ip.ts';

const encoder = new TextEncoder();

/** `8080`, `127.0.0.1:8080` or `[::1]:8080` as address and port; null where it is none of them. */
export function parseListen(text: string | number): { address: string; port: number } | null {
  const whole = String(text);
  const at = whole.lastIndexOf(':');
  const port = Number(whole.slice(at + 1));
  if (!/^\d{1,5}$/.test(whole.slice(at + 1)) || port > 65_535) return null;
  if (at < 0) return { address: '0.0.0.0', port };
  const address = whole.slice(0, at).replace(/^\[|\]$/g, '');
  if (address === 'localhost') return { address: '127.0.0.1', port };
  const raw = encoder.encode(address);
  return parseIp(raw, 0, raw.length) ? { address, port } : null;
}

/** Where this machine reaches a listener of the configuration: one that listens everywhere listens on loopback, too. */
export function reachableUrl(listen: string | number): string {
  // The configuration has been checked: it is an address.
  const { address, port } = parseListen(listen) ?? { address: '127.0.0.1', port: 9464 };
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
