/** The switch between observing and enforcing: the kill switch, with a reason and a second look. */
import { ask } from './api.js';
import { $, pressOne, say } from './dom.js';
import { onChange, state, takeStatus } from './state.js';

const TEXTS = {
  observe: {
    title: 'Stop acting on anything?',
    words:
      'From this moment nobody is held back any more, whatever stands. Everything is still scored, and decisions are still shown.',
    confirm: 'Only observe',
  },
  enforce: {
    title: 'Act on decisions?',
    words:
      'Policies that enforce take effect at once: actors whose decisions stand are throttled, challenged or blocked. The allowlist and undo work as before.',
    confirm: 'Enforce',
  },
};

export function startMode() {
  const group = $('#mode');
  const dialog = $('#mode-dialog');
  let wanted = 'observe';
  group.addEventListener('click', (event) => {
    const mode = event.target.closest('button')?.dataset.mode;
    if (!mode || mode === state.status?.mode) return;
    wanted = mode;
    say($('#mode-title'), TEXTS[mode].title);
    say($('#mode-words'), TEXTS[mode].words);
    say($('#mode-confirm'), TEXTS[mode].confirm);
    say($('#mode-error'), '');
    $('#mode-reason').value = '';
    dialog.showModal();
  });
  $('#mode-cancel').addEventListener('click', () => dialog.close());
  $('#mode-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const reason = $('#mode-reason').value;
      const { mode } = await ask('/api/v1/mode', { method: 'POST', body: { mode: wanted, reason, by: 'live page' } });
      takeStatus({ ...state.status, mode });
      dialog.close();
    } catch (error) {
      say($('#mode-error'), `That did not work: ${error.message}`);
    }
  });
  onChange(() => {
    const pressed = $(`[data-mode="${state.status?.mode}"]`, group);
    if (pressed) pressOne(group, pressed);
    group.dataset.mode = state.status?.mode ?? '';
  });
}
