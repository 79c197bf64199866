/** The stream of live events: opens it, notices when it is lost, opens it again and reads what was missed. */
import { ask } from './api.js';
import { changed, state, takeMitigation, takeReceipt, takeStatus, takeTick, takeTicks, takeTime } from './state.js';

/** Pauses between tries, in ms; the last one counts from then on. */
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
/** The server says something every 5 s: after this silence the connection is dead, whatever it looks like. In ms. */
const SILENCE_MS = 13_000;
/** Corrections of past seconds come with the stream; all of them are read again now and then, in ms. */
const REREAD_MS = 60_000;
/** Decisions read at once. */
const MOST_READ = 200;

let source = null;
let tries = 0;
let heardAt = 0;
let signedOut = () => {};

/** Begins; `whenSignedOut` is called when the session is over. */
export function goLive(whenSignedOut) {
  signedOut = whenSignedOut;
  tries = 0;
  open();
}

export function stopLive() {
  source?.close();
  source = null;
}

function open() {
  source?.close();
  source = new EventSource('/api/v1/stream');
  const on = (type, take) =>
    source.addEventListener(type, (event) => {
      heardAt = Date.now();
      take(JSON.parse(event.data));
    });
  heardAt = Date.now();
  source.onopen = () => {
    tries = 0;
    readAll();
  };
  source.onerror = lost;
  on('beat', ({ now }) => takeTime(Date.parse(now)));
  on('status', ({ status }) => takeStatus(status));
  on('tick', ({ tick }) => takeTick(tick));
  on('undo', ({ receipt }) => takeReceipt(receipt));
  on('mitigation', ({ mitigation }) => takeMitigation(mitigation));
}

/** Everything as it is now: at the start, and after a loss. */
async function readAll() {
  try {
    const [status, { ticks }, { mitigations }] = await Promise.all([
      ask('/api/v1/status'),
      ask('/api/v1/ticks'),
      ask(`/api/v1/mitigations?limit=${MOST_READ}`),
    ]);
    takeStatus(status);
    takeTicks(ticks);
    for (const mitigation of mitigations.reverse()) takeMitigation(mitigation);
    state.connection = 'open';
    changed();
  } catch {
    lost();
  }
}

async function readTicks() {
  if (state.connection !== 'open') return;
  const { ticks } = await ask('/api/v1/ticks').catch(() => ({ ticks: [] }));
  takeTicks(ticks);
}

function lost() {
  if (source === null) return;
  stopLive();
  comeBack();
}

function comeBack() {
  state.connection = 'lost';
  changed();
  setTimeout(again, PAUSES_MS[Math.min(tries++, PAUSES_MS.length - 1)]);
}

/** A stream cannot say why it was refused: whether the session is over has to be asked. */
async function again() {
  let session;
  try {
    session = await ask('/api/v1/session');
  } catch {
    comeBack();
    return;
  }
  if (session.signed_in) open();
  else signedOut();
}

setInterval(() => {
  if (source !== null && Date.now() - heardAt > SILENCE_MS && state.connection === 'open') lost();
}, 2000);
setInterval(() => {
  if (!document.hidden) readTicks();
}, REREAD_MS);
