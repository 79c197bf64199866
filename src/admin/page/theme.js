/** Light or dark: as the system says, until somebody chooses. */
import { $ } from './dom.js';

const KEY = 'sallyport-theme';
const root = document.documentElement;

/** Storage may be forbidden: then the choice lasts as long as the page. */
function stored(value) {
  try {
    if (value !== undefined) localStorage.setItem(KEY, value);
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function startTheme() {
  const chosen = stored();
  if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;
  $('#theme').addEventListener('click', () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    stored(root.dataset.theme);
  });
}
