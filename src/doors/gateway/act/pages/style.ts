/** The style of the pages: no font, image or colour from elsewhere; light and dark; a telephone's width first. */
export const STYLE = `
:root {
  --page: #f4f6f9; --card: #fff; --line: #dfe4ec; --ink: #171b22; --soft: #4d5766; --accent: #2457c5; --track: #dde4f1;
  color-scheme: light;
}
@media (prefers-color-scheme: dark) { :root {
  --page: #0e1116; --card: #161a21; --line: #2a303a; --ink: #e8ebf0; --soft: #adb6c4; --accent: #8ab0ff; --track: #2a3241;
  color-scheme: dark;
} }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; padding: 24px 16px; background: var(--page); color: var(--ink);
  display: flex; flex-direction: column; justify-content: center;
  font: 17px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
}
main {
  width: 100%; max-width: 33rem; margin: 0 auto; padding: 28px 24px; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px;
}
@media (min-width: 36rem) { main { padding: 36px 40px; } }
.mark { display: flex; align-items: center; gap: 10px; margin: 0 0 20px; color: var(--soft); font-size: 15px; }
.mark svg { flex: none; color: var(--accent); }
.mark span { overflow-wrap: anywhere; }
h1 { margin: 0 0 12px; font-size: 25px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
p { margin: 0 0 14px; }
.soft { color: var(--soft); font-size: 15px; }
.work { margin: 22px 0; }
.work p { margin: 8px 0 0; }
progress {
  display: block; width: 100%; height: 8px; border: 0; border-radius: 4px; overflow: hidden; background: var(--track);
  color: var(--accent); -webkit-appearance: none; appearance: none;
}
progress::-webkit-progress-bar { background: var(--track); }
progress::-webkit-progress-value { background: var(--accent); border-radius: 4px; }
progress::-moz-progress-bar { background: var(--accent); border-radius: 4px; }
dl { margin: 22px 0; padding: 16px 0 2px; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
dt { color: var(--soft); font-size: 15px; }
dd { margin: 0 0 14px; overflow-wrap: anywhere; }
code { font: .94em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; user-select: all; }
.note { border-left: 3px solid var(--accent); padding: 2px 0 2px 14px; }
a { color: var(--accent); text-underline-offset: 2px; }
button, .button {
  display: inline-block; font: inherit; font-weight: 600; color: var(--card); background: var(--accent); border: 0;
  border-radius: 8px; padding: 10px 18px; cursor: pointer; text-decoration: none;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
main > :last-child { margin-bottom: 0; }
dl:last-child { border-bottom: 0; padding-bottom: 0; }
dl:last-child dd:last-child { margin-bottom: 0; }
`;
