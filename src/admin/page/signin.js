/** Signing in: by the link that was printed at the start, or by hand. The token leaves the address bar at once. */
import { ask } from './api.js';
import { $ } from './dom.js';

const TOKEN = /^#token=(.+)$/;

/** True where a session holds, by a cookie from before or by the token in the link. */
export async function signedIn() {
  const token = TOKEN.exec(location.hash)?.[1];
  if (token === undefined) return (await ask('/api/v1/session')).signed_in;
  history.replaceState(null, '', location.pathname);
  await enter(decodeURIComponent(token));
  return true;
}

const enter = (token) => ask('/api/v1/session', { method: 'POST', body: { token } });

/** Shows the form until somebody is signed in; then calls `done`. */
export function showSignIn(done, problem = '') {
  const form = $('#signin-form');
  const field = $('#token');
  $('#live').hidden = true;
  $('#signin').hidden = false;
  $('#signin-error').textContent = problem;
  field.focus();
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await enter(field.value.trim());
      field.value = '';
      $('#signin').hidden = true;
      done();
    } catch (error) {
      $('#signin-error').textContent =
        error.status === 401 ? 'This is not the token.' : `That did not work: ${error.message}`;
      field.select();
    }
  };
}

export async function signOut() {
  await ask('/api/v1/session', { method: 'DELETE' }).catch(() => {});
  location.reload();
}
