/**
 * What goes wrong in a visit, and what people then do: wrong passwords, expired logins, refusals, errors of the server.
 */
import type { Answer } from '../contract.ts';
import { guessed, mistyped } from './typing.ts';
import type { Visit } from './visit.ts';

/** Chance that somebody who forgot the password gets it wrong. */
export const FORGETFUL_FAILURE = 0.5;

/** Types name and password, and sends them; false on a site without a login. */
export function logIn(visit: Visit, atMs: number): boolean {
  const { person, random, setting, knowledge } = visit;
  const route = setting.journey.route('login', random);
  if (route === undefined) return false;
  const { account } = person;
  const name = account?.name ?? knowledge.ownName;
  const password = account === undefined ? knowledge.ownPassword : setting.people.passwordOf(account);
  const forgot = person.trait === 'forgetful';
  const wrong = random.chance(forgot ? FORGETFUL_FAILURE : setting.parameters.typos);
  const typed = !wrong ? password : forgot ? guessed(password, random) : mistyped(password, random);
  const typedName = random.chance(0.004) ? mistyped(name, random) : name;
  const values = { name: typedName, email: typedName, password: typed, id: typedName };
  visit.place = 'login';
  visit.take({ route, target: route.target(values), body: route.body(values) }, atMs + typing(visit));
  return true;
}

/** Ms that it takes to type a password, or to have it filled in. */
function typing({ random, person }: Visit): number {
  return person.pace * random.logNormal(5000, 0.6);
}

/** True if the visit knows what it does next. */
export function onLogin(visit: Visit, answer: Answer, nowMs: number): boolean {
  const { person, setting, knowledge, random } = visit;
  const { session, token } = answer.body;
  if (answer.status < 400) {
    visit.session = typeof session === 'string' && setting.kind === 'web' ? session : undefined;
    visit.token = typeof token === 'string' ? token : undefined;
    visit.failedLogins = 0;
    if (visit.step.route.role === 'signup')
      setting.people.openAccount(person, knowledge.ownName, knowledge.ownPassword);
    if (visit.loggedIn) setting.people.remember(person, visit.session, visit.token, nowMs);
    return false;
  }
  if (visit.step.route.role === 'signup') {
    // The name is taken: another one, once or twice.
    knowledge.ownName = '';
    if (++visit.failedLogins < 3 && visit.enter('signup', nowMs + typing(visit))) return true;
    visit.goal = undefined;
    return false;
  }
  visit.failedLogins++;
  const patience = person.trait === 'forgetful' ? 3 + random.below(5) : 3 + random.below(3);
  if (visit.failedLogins < patience) return logIn(visit, nowMs + random.logNormal(2500, 0.5));
  visit.failedLogins = 0;
  visit.goal = undefined;
  if (random.chance(0.6) && visit.enter('reset', nowMs + random.logNormal(4000, 0.5))) return true;
  visit.end();
  return true;
}

/** A mail with a code comes, or a link does; then a new password is set. True if the visit knows what it does next. */
export function onReset(visit: Visit, answer: Answer, nowMs: number): boolean {
  const { setting, person, random, step } = visit;
  const { account } = person;
  if (account === undefined || answer.status >= 400) return false;
  if (step.route.takes('code')) {
    setting.people.changePassword(account, String(step.body?.[passwordName(step.body)] ?? ''));
    return logIn(visit, nowMs + 2000);
  }
  const confirm = setting.surface.of('reset').find((route) => route.takes('code'));
  const code = answer.body.mail;
  const waitMs = random.logNormal(45_000, 0.8);
  if (confirm === undefined || code === undefined) return logIn(visit, nowMs + waitMs);
  const password = `${random.pick(['Sommer', 'Autumn', 'maison', 'Luna', 'home'])}${random.below(1_000_000)}`;
  const typed = random.chance(0.04) ? mistyped(String(code), random) : code;
  const values = { name: account.name, email: account.name, code: typed, password, id: account.name };
  visit.take({ route: confirm, target: confirm.target(values), body: confirm.body(values) }, nowMs + waitMs);
  return true;
}

function passwordName(body: Readonly<Record<string, unknown>>): string {
  return Object.keys(body).find((name) => /pass|pwd/i.test(name)) ?? 'password';
}

/**
 * A refusal, a challenge, an error of the server, a login that has expired. True if the visit knows what it does next.
 */
export function afterFailure(visit: Visit, answer: Answer, nowMs: number): boolean {
  const { status, handling } = answer;
  const { random, step } = visit;
  if (handling !== 'challenged' && handling !== 'refused' && status < 400) {
    visit.failures = 0;
    return false;
  }
  if (handling === 'challenged') {
    // Most solve it, some have had enough.
    if (++visit.failures > 3 || random.chance(0.12)) visit.end();
    else visit.repeat(nowMs + random.logNormal(11_000, 0.5));
    return true;
  }
  if (handling === 'refused' || status === 429) {
    if (++visit.failures > 2 || random.chance(0.4)) visit.end();
    else visit.repeat(nowMs + random.logNormal(20_000, 0.8));
    return true;
  }
  if (status >= 500) {
    if (++visit.failures > 3 || random.chance(0.25)) visit.end();
    else visit.repeat(nowMs + random.logNormal(3500, 0.7));
    return true;
  }
  if (status === 401 && step.route.authenticated && visit.loggedIn) return expired(visit, nowMs);
  return false;
}

function expired(visit: Visit, nowMs: number): boolean {
  const { place } = visit;
  visit.session = undefined;
  visit.token = undefined;
  visit.setting.people.forget(visit.person);
  if (!visit.enter('login', nowMs + 1500)) return false;
  visit.goal = place;
  return true;
}
