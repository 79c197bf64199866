/** How the page speaks: figures, times, actors and actions, as the report and the terminal do. Pure functions. */

/** 1234567 → "1,234,567". */
export const count = (n) =>
  Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');

/** "1 request", "1,204 requests". */
export const counted = (n, one, many = `${one}s`) => `${count(n)} ${Math.round(n) === 1 ? one : many}`;

/** A share of 0 to 1: "12 %", "0.4 %", "< 0.1 %". */
export function percent(share) {
  if (!(share > 0)) return '0 %';
  if (share < 0.001) return '< 0.1 %';
  if (share > 0.999 && share < 1) return '> 99.9 %';
  const fine = share < 0.1 || (share > 0.99 && share < 1);
  return `${(share * 100).toFixed(fine ? 1 : 0).replace(/\.0$/, '')} %`;
}

/** A risk is an estimate: it never reads 0 % or 100 %. */
export function riskPercent(risk) {
  if (risk > 0.999) return '> 99.9 %';
  return risk < 0.001 ? '< 0.1 %' : percent(risk);
}

/** Time that is left, from ms: "4:05", "1:02:09", "3 d". */
export function timeLeft(ms) {
  const all = Math.max(0, Math.ceil(ms / 1000));
  if (all >= 2 * 86_400) return `${Math.floor(all / 86_400)} d`;
  const two = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "10:42:05" in the reader's own time zone, from Unix ms. */
export function clock(ms) {
  const t = new Date(ms);
  return [t.getHours(), t.getMinutes(), t.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

const DIMENSIONS = {
  ip: '',
  asn: 'network ',
  network: 'network ',
  route: 'route ',
  tenant: 'host ',
  fingerprint: 'software ',
  session: 'session ',
  credential: 'key ',
  principal: 'user ',
};

/** An actor as people name it: an address stands alone, anything else says what it is. */
export const actorName = ({ dimension, key }) => `${DIMENSIONS[dimension] ?? `${dimension} `}${key}`;

const DONE = {
  allow: 'let through',
  tag: 'tagged',
  throttle: 'slowed down',
  challenge: 'challenged',
  'step-up': 'asked for a second factor',
  tarpit: 'held in a tarpit',
  decoy: 'given invented answers',
  block: 'blocked',
  revoke: 'credential refused',
};

/** What is done, or would be done where Sallyport only observes. */
export function actionWords(action, mode) {
  if (mode !== 'shadow') return DONE[action] ?? action;
  return action === 'revoke' ? 'credential would be refused' : `would be ${DONE[action] ?? action}`;
}

/** "credential-attack" → "credential attack". */
export const className = (name) => (name === '' ? 'abuse' : name.replace(/-/g, ' '));

/** "a, b and c"; '' for none. */
export function list(names) {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
