/** The script of the challenge page: solves the puzzle on other threads, hands the answer in, and goes on. */
import { SOLVER } from './solver.ts';

/**
 * Threads that solve at once. More would be faster on large machines only, and hot on small ones.
 * Tries between two messages of a thread; tries at a time where there are no threads, so that the page stays alive.
 */
export const CHALLENGE_SCRIPT = `
(function () {
  'use strict';
  var THREADS = 4, BURST = 20000, SHORT_BURST = 2000, LOOP_MS = 60000, LOOPS = 3;
  ${SOLVER}
  var task = JSON.parse(document.getElementById('task').textContent);
  var byId = function (id) { return document.getElementById(id); };
  var bar = byId('bar'), expected = Math.pow(2, task.bits), tried = 0, over = false, workers = [];
  var say = function (text) { byId('status').textContent = text; };
  byId('work').hidden = false;

  function fail(text) {
    stop();
    say(text);
    byId('again').hidden = false;
  }
  function stop() {
    over = true;
    workers.forEach(function (worker) { worker.terminate(); });
    workers = [];
  }
  function progress(tries) {
    tried += tries;
    // The share of such puzzles that would be solved by now: it cannot go back, and never claims to be done.
    bar.value = Math.max(bar.value, 1 - Math.exp(-tried / expected));
  }
  // A browser that keeps no cookies would solve for ever. Three in a minute are enough to know.
  function looping() {
    try {
      var now = Date.now(), key = 'sallyport-challenge';
      var times = JSON.parse(sessionStorage.getItem(key) || '[]').filter(function (t) { return now - t < LOOP_MS; });
      times.push(now);
      sessionStorage.setItem(key, JSON.stringify(times.slice(-LOOPS)));
      return times.length > LOOPS;
    } catch (error) {
      return false;
    }
  }
  function goOn() {
    bar.value = 1;
    if (task.repeat) {
      say('Done. Now go back and send it again.');
      byId('back').hidden = false;
      byId('back').focus();
    } else if (looping()) {
      fail('This was solved several times, but the proof of it does not arrive. Does your browser keep cookies?');
    } else {
      say('Done. Taking you on.');
      location.reload();
    }
  }
  function found(nonce) {
    if (over) return;
    stop();
    say('Solved. Handing it in.');
    fetch(task.redeem, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ prefix: task.prefix, nonce: nonce })
    }).then(function (response) {
      if (response.ok) return goOn();
      return response.json().then(function (problem) {
        fail('It was not accepted: ' + (problem.detail || problem.title));
      });
    }).catch(function () {
      fail('The answer could not be sent. Are you still connected?');
    });
  }
  function onThisThread() {
    var next = solver(task.prefix, task.bits, 0, 1);
    (function burst() {
      if (over) return;
      var nonce = next(SHORT_BURST);
      progress(SHORT_BURST);
      if (nonce !== null) return found(nonce);
      setTimeout(burst, 0);
    })();
  }
  function onOtherThreads() {
    var count = Math.min(THREADS, navigator.hardwareConcurrency || 2);
    var source = solver + ';onmessage = function (e) { var t = e.data, next = solver(t[0], t[1], t[2], t[3]), nonce = null;'
      + 'while (nonce === null) { nonce = next(' + BURST + '); postMessage(nonce); } };';
    var url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), failed = false;
    for (var i = 0; i < count; i++) {
      var worker = new Worker(url);
      workers.push(worker);
      worker.onmessage = function (e) {
        progress(BURST);
        if (e.data !== null) found(e.data);
      };
      worker.onerror = function () {
        if (failed || over) return;
        failed = true;
        onThisThread();
      };
      worker.postMessage([task.prefix, task.bits, i, count]);
    }
  }

  byId('back').onclick = function () { history.back(); };
  byId('retry').onclick = function () { location.reload(); };
  if (!navigator.cookieEnabled) {
    return fail('Your browser keeps no cookies for this page. One is needed, to remember that the work was done.');
  }
  // Whatever is slower than the wait is not waited for.
  setTimeout(function () { if (!over) { stop(); location.href = task.wait; } }, task.waitMs);
  try { onOtherThreads(); } catch (error) { onThisThread(); }
})();
`;
