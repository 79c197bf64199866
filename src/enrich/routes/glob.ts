// Globs over paths, without regular expressions: `*` stands for any bytes within one segment, `**` for any bytes at all:
// `/v1/login`, `/accounts/*/otp`, `/shop/**`. Matching takes time in proportion to pattern × path at worst.

/** A glob as bytes, with the stars replaced by the codes below. */
export type Glob = Int16Array;

const STAR = -1;
const STAR_STAR = -2;
const SLASH = 0x2f;
const encoder = new TextEncoder();

/** Compiles a glob. It is compared with the decoded path without query and trailing slash. */
export function compileGlob(pattern: string): Glob {
  const bytes = encoder.encode(pattern);
  const codes: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0x2a) codes.push(bytes[i]);
    else if (bytes[i + 1] !== 0x2a) codes.push(STAR);
    else {
      codes.push(STAR_STAR);
      while (bytes[i + 1] === 0x2a) i++;
    }
  }
  if (codes.length > 1 && codes[codes.length - 1] === SLASH) codes.pop();
  return Int16Array.from(codes);
}

/** True where the whole of `buf[start, end)` matches. */
export function matchGlob(glob: Glob, buf: Uint8Array, start: number, end: number): boolean {
  let at = start;
  let code = 0;
  // Where to go back to: the last star of each kind, and how far it has eaten.
  let star = -1;
  let starAt = 0;
  let wide = -1;
  let wideAt = 0;
  for (;;) {
    if (code < glob.length && glob[code] === STAR_STAR) {
      wide = code++;
      wideAt = at;
      star = -1;
    } else if (code < glob.length && glob[code] === STAR) {
      star = code++;
      starAt = at;
    } else if (at < end && code < glob.length && glob[code] === buf[at]) {
      at++;
      code++;
    } else if (at >= end && code >= glob.length) {
      return true;
    } else if (star >= 0 && starAt < end && buf[starAt] !== SLASH) {
      at = ++starAt;
      code = star + 1;
    } else if (wide >= 0 && wideAt < end) {
      at = ++wideAt;
      code = wide + 1;
      star = -1;
    } else {
      return false;
    }
  }
}
