/** Takes secrets out of texts that are shown or kept: a report goes by mail, a log does not. */

/** Query parameters whose values never leave. */
const SECRET_PARAMETERS =
  /^(?:access_?token|auth|authorization|api_?key|apikey|client_secret|code_verifier|credential|id_token|jwt|key|passwd|password|pass|pwd|refresh_token|secret|session|sessionid|sid|sig|signature|token|x-api-key)$/i;

/** Replaces the values of query parameters that carry secrets by `***`. `extra` names more of them. */
export function redactTarget(target: string, extra: ReadonlySet<string> = new Set()): string {
  const query = target.indexOf('?');
  if (query < 0) return target;
  const pairs = target
    .slice(query + 1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) return pair;
      const name = pair.slice(0, equals);
      return SECRET_PARAMETERS.test(name) || extra.has(name.toLowerCase()) ? `${name}=***` : pair;
    });
  return `${target.slice(0, query)}?${pairs.join('&')}`;
}

/** One function from configured patterns; each was checked to run in linear time. */
export function redactor(patterns: readonly string[]): (text: string) => string {
  const compiled = patterns.map((pattern) => new RegExp(pattern, 'gu'));
  return (text) => compiled.reduce((t, pattern) => t.replace(pattern, '***'), text);
}
