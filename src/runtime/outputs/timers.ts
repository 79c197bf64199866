/** Time as outputs see it: given to them, so that tests need no waiting. */
export interface Timers {
  /** Unix ms. */
  now(): number;
  /** Calls once after so many ms; the function given back calls it off. Never keeps the process alive. */
  after(ms: number, call: () => void): () => void;
  /** 0 to 1: so that several senders do not try again at the same moment. */
  random(): number;
}

export const REAL_TIMERS: Timers = {
  now: Date.now,
  after(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
