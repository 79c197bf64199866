/** Sign-up, login, reset and profile. */
import type { Account, Accounts } from './accounts.ts';
import { type Call, customerOf, json, objectOf, Problem, type Reply, type Route, textOf } from './http.ts';
import { cookieHeader, EXPIRED_COOKIE, type Sessions } from './sessions.ts';

export function customerRoutes(accounts: Accounts, sessions: Sessions): Route[] {
  return [
    { method: 'POST', template: '/api/signup', handle: (call) => signUp(call, accounts, sessions) },
    { method: 'POST', template: '/api/login', handle: (call) => logIn(call, accounts, sessions) },
    { method: 'POST', template: '/api/logout', handle: (call) => logOut(call, sessions) },
    { method: 'POST', template: '/api/password-reset', handle: (call) => requestReset(call, accounts) },
    { method: 'POST', template: '/api/password-reset/confirm', handle: (call) => confirmReset(call, accounts) },
    { method: 'GET', template: '/api/users/{userId}', handle: (call) => json(200, profileOf(own(call, accounts))) },
    { method: 'PATCH', template: '/api/users/{userId}', handle: (call) => change(call, accounts) },
  ];
}

export function profileOf(account: Account): Record<string, unknown> {
  const { id, name, email, displayName, credit, role, since } = account;
  return { id, username: name, email, displayName, credit, role, since };
}

async function signUp(call: Call, accounts: Accounts, sessions: Sessions): Promise<Reply> {
  const body = objectOf(call);
  const name = textOf(body, 'username', 3, 64);
  const password = textOf(body, 'password', 6);
  const email = body.email === undefined ? `${name}@mail.example` : textOf(body, 'email', 3);
  if (!/^[\w.@+-]+$/.test(name))
    throw new Problem(400, 'Bad request', 'A user name has letters, digits and . @ + - _.');
  // Digits alone would be taken for the number of an account.
  if (/^\d+$/.test(name) || name === 'me') throw new Problem(400, 'Bad request', 'Not a user name.');
  const account = await accounts.signUp(name, email, password, Date.now());
  call.note('signup.completed', { principal: name });
  return loggedIn(201, call, account, sessions);
}

async function logIn(call: Call, accounts: Accounts, sessions: Sessions): Promise<Reply> {
  const body = objectOf(call);
  const name = textOf(body, 'username');
  const account = await accounts.logIn(name, textOf(body, 'password'));
  call.note(account ? 'login.succeeded' : 'login.failed', { principal: name });
  if (!account) throw new Problem(401, 'Unauthorized', 'User name and password do not match.');
  return loggedIn(200, call, account, sessions);
}

function loggedIn(status: number, call: Call, account: Account, sessions: Sessions): Reply {
  const { session, token } = sessions.start(account);
  call.enter(account, session);
  return json(status, { token, user: profileOf(account) }, { 'Set-Cookie': cookieHeader(session) });
}

function logOut(call: Call, sessions: Sessions): Reply {
  customerOf(call);
  sessions.end(call.headers);
  return { status: 204, headers: { 'Set-Cookie': EXPIRED_COOKIE } };
}

function requestReset(call: Call, accounts: Accounts): Reply {
  const name = textOf(objectOf(call), 'username');
  const known = accounts.requestReset(name, Date.now());
  call.note('reset.requested', { principal: name });
  if (known) return json(202, { message: 'A code is on its way to your mailbox.' });
  call.note('lookup.missed', { principal: name });
  throw new Problem(404, 'Not found', `There is no account "${name}".`);
}

async function confirmReset(call: Call, accounts: Accounts): Promise<Reply> {
  const body = objectOf(call);
  const name = textOf(body, 'username');
  const right = await accounts.confirmReset(name, textOf(body, 'code'), textOf(body, 'password', 6), Date.now());
  call.note(right ? 'code.accepted' : 'code.rejected', { principal: name });
  if (!right) throw new Problem(400, 'Bad request', 'The code is wrong, or too old.');
  return { status: 204 };
}

/** The account that the path names, if it is the caller's own. Others answer 403 and not 404: a weakness. */
function own(call: Call, accounts: Accounts): Account {
  const customer = customerOf(call);
  const asked = call.params.userId === 'me' ? customer : accounts.find(call.params.userId);
  if (asked === customer) return asked;
  call.note(asked ? 'lookup.found' : 'lookup.missed', { object: `user:${call.params.userId}` });
  if (!asked) throw new Problem(404, 'Not found', 'There is no such account.');
  throw new Problem(403, 'Forbidden', 'This is not your account.');
}

/** Takes every property the account has, credit and role among them: a weakness. */
function change(call: Call, accounts: Accounts): Reply {
  const account = own(call, accounts);
  const body = objectOf(call);
  if (body.email !== undefined) account.email = textOf(body, 'email', 3);
  if (body.displayName !== undefined) account.displayName = textOf(body, 'displayName');
  if (body.role !== undefined) account.role = textOf(body, 'role', 1, 32);
  if (typeof body.credit === 'number' && Number.isFinite(body.credit)) account.credit = Math.trunc(body.credit);
  return json(200, profileOf(account));
}
