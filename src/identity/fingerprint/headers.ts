/**
 * Are a request's headers those of the browser that its User-Agent names? Scripts take over the name and forget what comes
 * with it. Weak evidence: privacy tools and proxies leave headers out, too.
 */

/** Chromium from which on secure pages always carry client hints (Chrome 89, March 2021). */
const HINTS_SINCE = 90;

/**
 * `headers`: names and values in turn. `secure`: the client speaks https, so that client hints may be expected. False for
 * what calls itself no browser.
 */
export function headersUnlike(agent: string, headers: readonly string[], secure: boolean): boolean {
  if (!agent.startsWith('Mozilla/5.0 (')) return false;
  let language = false;
  let encoding = false;
  let accept = false;
  let hints = false;
  for (let i = 0; i < headers.length; i += 2) {
    const { length } = headers[i];
    if (length !== 15 && length !== 6 && length !== 9) continue;
    const name = headers[i].toLowerCase();
    if (name === 'accept-language') language = true;
    else if (name === 'accept-encoding') encoding = true;
    else if (name === 'accept') accept = true;
    else if (name === 'sec-ch-ua') hints = true;
  }
  if (!accept || (!language && !encoding)) return true;
  if (!secure || hints) return false;
  const chromium = /\bChrome\/(\d{1,4})\./.exec(agent);
  return chromium !== null && Number(chromium[1]) >= HINTS_SINCE;
}
