/** Takes secrets out of texts that are shown or kept: a report goes by mail, a log does not. */

/** Parameters whose values never leave, by their whole name in lower case. */
const SECRET_NAMES: ReadonlySet<string> = new Set(
  'access_token apikey api_key auth authorization code_verifier credential id_token jsessionid jwt key otp pass'
    .concat(' passwd phpsessid pin pwd refresh_token session sessionid sid sig x-api-key')
    .split(' '),
);
/** And by its last word: "reset_token", "user[password]", "X-Amz-Signature". */
const SECRET_WORD = /(?:^|[^a-z])(?:token|password|passphrase|secret|signature|credentials?)\]?$/;

/**
 * A parameter of the query, of a path segment (";jsessionid=…") or of a target within the query, with what stands
 * before it; the second form is that of a target that was encoded as a value.
 */
const PARAMETER = /([?&;])([^=&;?]*)=([^&;?]*)/g;
const ENCODED_PARAMETER = /(%3f|%26|%3b)((?:(?!%3d|%26|%3b|%3f)[^&;=])*)%3d((?:(?!%26|%3b)[^&;])*)/gi;

/** Replaces the values of parameters that carry secrets by `***`. `extra` names more of them, in lower case. */
export function redactTarget(target: string, extra: ReadonlySet<string> = new Set()): string {
  const hide = (equals: string) => (whole: string, before: string, name: string) =>
    isSecret(name, extra) ? `${before}${name}${equals}***` : whole;
  return target.replace(ENCODED_PARAMETER, hide('%3D')).replace(PARAMETER, hide('='));
}

function isSecret(name: string, extra: ReadonlySet<string>): boolean {
  const plain = decoded(name).toLowerCase();
  return SECRET_NAMES.has(plain) || extra.has(plain) || SECRET_WORD.test(plain);
}

/** A name as the application reads it; one that is encoded wrongly stands for itself. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

/** One function from configured patterns; each was checked to run in linear time. */
export function redactor(patterns: readonly string[]): (text: string) => string {
  const compiled = patterns.map((pattern) => new RegExp(pattern, 'gu'));
  return (text) => compiled.reduce((t, pattern) => t.replace(pattern, '***'), text);
}
