/** Accounts: login, sign-up, reset, profile. */
import type { Call } from './call.ts';
import type { Customer } from './state.ts';

export function login(call: Call): undefined {
  const { state } = call.place;
  const { named } = call;
  const password = call.text('password');
  if (named === '' || password === '') return call.fail(400);
  const customer = state.named(named);
  if (customer === undefined || customer.password !== password) {
    call.note('login.failed', named);
    call.failAs(401, 403, 400);
    // No password is hashed for somebody who is not known: a weakness, and a common one.
    call.work = customer === undefined ? 0.12 : 1;
    return;
  }
  enter(call, customer, 'login.succeeded');
}

export function signup(call: Call): undefined {
  const { named } = call;
  const password = call.text('password');
  if (!/^[\w.@+-]{3,64}$/.test(named) || /^\d+$/.test(named) || password.length < 6) return call.failAs(400, 422);
  if (call.place.state.named(named) !== undefined) return call.failAs(409, 422, 400);
  enter(call, call.place.state.signUp(named, password), 'signup.completed');
}

function enter(call: Call, customer: Customer, event: string): undefined {
  const { session, token, shown } = call.place.state.logIn(customer);
  call.note(event, customer.name);
  call.principal = customer.name;
  call.session = shown;
  call.gain = 1;
  call.ok(customer.id, { session, token, id: customer.id, owner: customer.name });
}

/**
 * Sends a code, or takes it with a new password. The code is in the body as `mail`: what the account's owner finds in the
 * mailbox, and nobody else.
 */
export function reset(call: Call): undefined {
  const { state } = call.place;
  const { named } = call;
  if (named === '') return call.failAs(400, 422);
  const customer = state.named(named);
  if (call.operation.body.password !== undefined) return confirm(call, named, customer);
  call.note('reset.requested', named);
  if (customer === undefined && call.documents(404)) {
    call.note('lookup.missed', named);
    return call.fail(404);
  }
  const mail = customer === undefined ? undefined : state.requestReset(customer, call.nowMs);
  call.ok(0, mail === undefined ? {} : { mail });
}

function confirm(call: Call, named: string, customer: Customer | undefined): undefined {
  const [code, password] = [call.text('code'), call.text('password')];
  if (code === '' || password.length < 6) return call.failAs(400, 422);
  const right = customer !== undefined && call.place.state.confirmReset(customer, code, password, call.nowMs);
  call.note(right ? 'code.accepted' : 'code.rejected', named);
  if (!right) return call.failAs(400, 401, 403, 422);
  call.gain = 1;
  call.ok(0);
}

/** The own profile, or the one that the path names; somebody else's is 403, which says that it exists. */
export function profile(call: Call): undefined {
  const own = call.customer;
  const asked = call.values.at(-1);
  const wanted = asked === undefined || asked === 'me' ? own : call.place.state.found(asked);
  if (wanted === undefined) {
    call.note('lookup.missed', own?.name ?? '', `user:${asked}`);
    return call.fail(404);
  }
  if (wanted !== own) {
    call.note('lookup.found', own?.name ?? '', `user:${wanted.id}`);
    if (!call.place.forgetful.has(call.operation)) return call.failAs(403, 404);
    call.gain = 1;
  }
  call.ok(wanted.id, { id: wanted.id, owner: wanted.name });
}
