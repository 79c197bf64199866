/** What the page knows, and who is told when that changes. Everything in it is bounded. */

/** Seconds kept: what the server keeps, too. */
const MOST_TICKS = 900;
const MOST_MITIGATIONS = 300;
/** Rendering more often would only cost; ms. */
const RENDER_MS = 200;

export const state = {
  /** The last status, or null before the first. */
  status: null,
  /** Ticks by second. */
  ticks: new Map(),
  /** Mitigations by id, in the order in which they came. */
  mitigations: new Map(),
  /** Receipts of undone mitigations by id. */
  receipts: new Map(),
  /** connecting, open or lost. */
  connection: 'connecting',
  /** The server's clock minus this one's, in ms. */
  skewMs: 0,
};

const listeners = [];
let scheduled = false;

/** Calls `render` after changes, never more often than {@link RENDER_MS}, and not while nobody looks. */
export function onChange(render) {
  listeners.push(render);
}

export function changed() {
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => requestAnimationFrame(renderAll), RENDER_MS);
}

function renderAll() {
  scheduled = false;
  for (const render of listeners) render();
}

export const serverNow = () => Date.now() + state.skewMs;

export function takeTime(serverMs) {
  if (Number.isFinite(serverMs)) state.skewMs = serverMs - Date.now();
}

export function takeTick(tick) {
  state.ticks.set(tick.sec, tick);
  forgetBefore(tick.sec - MOST_TICKS);
  changed();
}

/** All ticks anew: what somebody did before it was known to be abuse is counted as such afterwards. */
export function takeTicks(ticks) {
  for (const tick of ticks) state.ticks.set(tick.sec, tick);
  if (ticks.length > 0) forgetBefore(ticks[ticks.length - 1].sec - MOST_TICKS);
  changed();
}

function forgetBefore(sec) {
  for (const known of state.ticks.keys()) if (known <= sec) state.ticks.delete(known);
}

export function takeMitigation(mitigation) {
  state.mitigations.set(mitigation.id, mitigation);
  for (const oldest of state.mitigations.keys()) {
    if (state.mitigations.size <= MOST_MITIGATIONS) break;
    state.mitigations.delete(oldest);
    state.receipts.delete(oldest);
  }
  changed();
}

export function takeReceipt(receipt) {
  state.receipts.set(receipt.mitigation, receipt);
  for (const id of receipt.lifted) {
    const lifted = state.mitigations.get(id);
    if (lifted) state.mitigations.set(id, { ...lifted, status: 'undone', undone_by: receipt.by });
  }
  changed();
}

export function takeStatus(status) {
  state.status = { ...state.status, ...status };
  takeTime(Date.parse(status.now));
  changed();
}

/** How a mitigation acts now: while Sallyport only observes, none does. */
export const modeOf = (mitigation) => (state.status?.mode === 'observe' ? 'shadow' : mitigation.mode);

/** True while a mitigation counts: not undone, and its time not over. */
export const stands = (mitigation, nowMs) =>
  (mitigation.status === 'active' || mitigation.status === 'pending') && Date.parse(mitigation.until) > nowMs;
