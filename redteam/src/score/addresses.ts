/** Addresses as numbers, so that keys can be compared however they are written. */

/** 4 or 6, and the bits as lower-case hexadecimal digits (8 or 32); null for what is no address. */
export function addressDigits(text: string): { readonly family: 4 | 6; readonly digits: string } | null {
  const v4 = dotted(text);
  if (v4 !== null) return { family: 4, digits: v4 };
  if (!text.includes(':')) return null;
  return v6(text);
}

/** First `bits` bits of an address as a text that equals that of any other address in the same prefix. */
export function prefixOf(address: { readonly family: 4 | 6; readonly digits: string }, bits: number): string {
  const whole = bits >> 2;
  const rest = bits & 3;
  const head = address.digits.slice(0, whole);
  if (rest === 0) return `${address.family}/${bits}/${head}`;
  const digit = Number.parseInt(address.digits[whole], 16) >> (4 - rest);
  return `${address.family}/${bits}/${head}.${digit}`;
}

/** An address or a prefix in CIDR notation: its bits and how many of them count; null for anything else. */
export function parsePrefix(text: string): { family: 4 | 6; bits: number; prefix: string } | null {
  const [host, length] = text.split('/');
  const address = addressDigits(host);
  if (address === null) return null;
  const most = address.family === 4 ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  if (!Number.isInteger(bits) || bits < 0 || bits > most) return null;
  return { family: address.family, bits, prefix: prefixOf(address, bits) };
}

function dotted(text: string): string | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let digits = '';
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    digits += Number(part).toString(16).padStart(2, '0');
  }
  return digits;
}

function v6(text: string): { readonly family: 4 | 6; readonly digits: string } | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(groups);
  if (head === null || tail === null) return null;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? given !== 32 : given > 28) return null;
  const digits = head + '0'.repeat(32 - given) + (tail ?? '');
  // ::ffff:a.b.c.d is an IPv4 address that came over an IPv6 socket.
  if (digits.startsWith('00000000000000000000ffff')) return { family: 4, digits: digits.slice(24) };
  return { family: 6, digits };
}

/** Groups between colons as hexadecimal digits; the last may be a dotted IPv4 address. */
function groups(text: string): string | null {
  if (text === '') return '';
  let digits = '';
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) digits += part.toLowerCase().padStart(4, '0');
    else {
      const v4 = i === parts.length - 1 ? dotted(part) : null;
      if (v4 === null) return null;
      digits += v4;
    }
  }
  return digits;
}
