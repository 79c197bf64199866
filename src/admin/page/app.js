/** The live page: signs in, then shows what the engine sees as it sees it. */
import { startChart } from './chart.js';
import { startDecisions } from './decisions.js';
import { $ } from './dom.js';
import { goLive, stopLive } from './live.js';
import { startMode } from './mode.js';
import { startOverview } from './overview.js';
import { showSignIn, signedIn, signOut } from './signin.js';
import { changed } from './state.js';
import { startTheme } from './theme.js';

/** Countdowns and the time axis move on although nothing is told: ms. */
const BEAT_MS = 1000;

function show() {
  for (const id of ['#live', '#mode', '#connection']) $(id).hidden = false;
  goLive(() => {
    stopLive();
    for (const id of ['#mode', '#connection']) $(id).hidden = true;
    showSignIn(show, 'The session is over. Sign in again.');
  });
}

startTheme();
startOverview();
startChart();
startDecisions();
startMode();
$('#signout').addEventListener('click', signOut);
setInterval(changed, BEAT_MS);

try {
  if (await signedIn()) show();
  else showSignIn(show);
} catch (error) {
  showSignIn(show, error.status === 401 ? 'The token in the link is not the one in force.' : error.message);
}
