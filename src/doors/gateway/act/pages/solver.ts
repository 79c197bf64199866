/**
 * The puzzle's solver as it runs in a browser: SHA-256 (FIPS 180-4) over one block a try. `crypto.subtle` would need a promise
 * a hash, which takes longer than the hash. The prefix is a whole number of blocks (a multiple of 64
 * characters), so its part is computed only once.
 *
 * This is source for the page, not for Node: it is shipped as text, in the language of browsers of the last ten years.
 */
export const SOLVER = `
function solver(prefix, bits, start, step) {
  var K = new Int32Array([
    0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5,0xd807aa98,0x12835b01,
    0x243185be,0x550c7dc3,0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174,0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,
    0x2de92c6f,0x4a7484aa,0x5cb0a9dc,0x76f988da,0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,
    0x06ca6351,0x14292967,0x27b70a85,0x2e1b2138,0x4d2c6dfc,0x53380d13,0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85,
    0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,0xd192e819,0xd6990624,0xf40e3585,0x106aa070,0x19a4c116,0x1e376c08,
    0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,0x682e6ff3,0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,
    0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2
  ]);
  var H = new Int32Array([0x6a09e667,0xbb67ae85,0x3c6ef372,0xa54ff53a,0x510e527f,0x9b05688c,0x1f83d9ab,0x5be0cd19]);
  var W = new Int32Array(64), digits = new Int32Array(10000), i;
  // Four decimal digits as the four bytes of a word.
  for (i = 0; i < 10000; i++) {
    digits[i] = 0x30303030 | ((i / 1000 | 0) << 24) | ((i / 100 | 0) % 10 << 16) | ((i / 10 | 0) % 10 << 8) | i % 10;
  }
  function compress(keep) {
    var a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7], i, x, y, t, u;
    for (i = 16; i < 64; i++) {
      x = W[i - 15]; y = W[i - 2];
      W[i] = W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ (x >>> 3))
        + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ (y >>> 10)) | 0;
    }
    for (i = 0; i < 64; i++) {
      t = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (g ^ e & (f ^ g)) + K[i] + W[i] | 0;
      u = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b | c & (a | b)) | 0;
      h = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
    }
    if (keep) {
      H[0] += a; H[1] += b; H[2] += c; H[3] += d; H[4] += e; H[5] += f; H[6] += g; H[7] += h;
    }
    return H[0] + a >>> 0;
  }
  for (i = 0; i < prefix.length; i += 4) {
    W[i / 4 % 16] = prefix.charCodeAt(i) << 24 | prefix.charCodeAt(i + 1) << 16
      | prefix.charCodeAt(i + 2) << 8 | prefix.charCodeAt(i + 3);
    if (i % 64 === 60) compress(true);
  }
  // What follows the prefix: twelve digits, the end mark, and the length in bits.
  W.fill(0);
  W[3] = 0x80000000 | 0;
  W[15] = (prefix.length + 12) * 8;
  var limit = Math.pow(2, 32 - bits), n = start;
  /** Tries so many nonces; gives the one that solves it, or null. */
  return function (tries) {
    for (; tries > 0; tries--, n += step) {
      W[0] = digits[n / 1e8 | 0];
      W[1] = digits[(n / 1e4 | 0) % 1e4];
      W[2] = digits[n % 1e4];
      if (compress(false) < limit) return ('00000000000' + n).slice(-12);
    }
    return null;
  };
}
`;
