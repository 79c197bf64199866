/** The page's style: no external font, image or colour; light and dark; a table that becomes cards on a phone. */
export const STYLE = `
:root {
  --page: #f5f6f8; --card: #fff; --line: #e1e4ea; --ink: #171b22; --soft: #566070; --faint: #6d7786;
  --accent: #2457c5; --bar: #c3cad6; --hover: #f3f5f9; --code: #eef0f4;
  --block: #b3261e; --challenge: #8a3ab9; --throttle: #8f5a00; --good: #1b7441;
  --shadow: 0 1px 2px rgb(20 30 50 / 6%);
  --probing: #d99a00; --injection: #e8590c; --credential-attack: #c92a2a; --enumeration: #7048e8; --scraping: #1971c2;
  --code-guessing: #d6336c; --resource-exhaustion: #862e9c; --declared-tool: #8d6e4a; --rotation: #0c8599;
  --take-over: #a61e4d; --object-access: #9c36b5; --sign-up: #1098ad; --workflow: #66a80f;
  --leaked-key: #d9480f; --misuse: #846358; --device-storm: #0c8599; --cost: #e8590c;
  --automation: #5c7cfa; --decoy: #2b8a3e; --other: #495057;
  color-scheme: light;
}
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {
  --page: #0e1116; --card: #161a21; --line: #2a303a; --ink: #e8ebf0; --soft: #a8b1bf; --faint: #8d97a6;
  --accent: #7ea6ff; --bar: #3d4654; --hover: #1c2129; --code: #20262f;
  --block: #ff8a80; --challenge: #d7a3f5; --throttle: #f0b955; --good: #6fd097;
  --shadow: none;
  --probing: #f2bd3d; --injection: #ff8b4a; --credential-attack: #ff6b6b; --enumeration: #a48bff; --scraping: #5aaef5;
  --code-guessing: #ff7bab; --resource-exhaustion: #c77ddb; --declared-tool: #c3a27c; --rotation: #3fc1d3;
  --take-over: #f06595; --object-access: #da77f2; --sign-up: #3bc9db; --workflow: #a9e34b;
  --leaked-key: #ff922b; --misuse: #c9ada7; --device-storm: #66d9e8; --cost: #ffa94d;
  --automation: #94a9ff; --decoy: #63c77a; --other: #adb5bd;
  color-scheme: dark;
} }
:root[data-theme="dark"] {
  --page: #0e1116; --card: #161a21; --line: #2a303a; --ink: #e8ebf0; --soft: #a8b1bf; --faint: #8d97a6;
  --accent: #7ea6ff; --bar: #3d4654; --hover: #1c2129; --code: #20262f;
  --block: #ff8a80; --challenge: #d7a3f5; --throttle: #f0b955; --good: #6fd097;
  --shadow: none;
  --probing: #f2bd3d; --injection: #ff8b4a; --credential-attack: #ff6b6b; --enumeration: #a48bff; --scraping: #5aaef5;
  --code-guessing: #ff7bab; --resource-exhaustion: #c77ddb; --declared-tool: #c3a27c; --rotation: #3fc1d3;
  --take-over: #f06595; --object-access: #da77f2; --sign-up: #3bc9db; --workflow: #a9e34b;
  --leaked-key: #ff922b; --misuse: #c9ada7; --device-storm: #66d9e8; --cost: #ffa94d;
  --automation: #94a9ff; --decoy: #63c77a; --other: #adb5bd;
  color-scheme: dark;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
}
.wrap { max-width: 1160px; margin: 0 auto; padding: 20px 24px 56px; }
h1, h2, h3, p, dl, dd, ul, ol { margin: 0; }
h2 { font-size: 17px; font-weight: 650; letter-spacing: -.005em; }
.lead { color: var(--soft); margin-top: 2px; font-size: 14px; }
code, .mono {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .92em;
}
code { background: var(--code); padding: .12em .38em; border-radius: 4px; overflow-wrap: anywhere; }
code.take { user-select: all; }
a { color: var(--accent); }
.top { display: flex; align-items: center; gap: 10px; margin-bottom: 18px; }
.top svg { flex: none; color: var(--accent); }
.top b { font-size: 16px; letter-spacing: -.01em; }
.top .spacer { flex: 1; }
.top .quiet { color: var(--faint); font-size: 13px; }
button {
  font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 7px;
  cursor: pointer;
}
button:hover { background: var(--hover); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.top button { width: 32px; height: 32px; font-size: 15px; line-height: 1; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow);
  padding: 20px 22px; margin-bottom: 16px;
}
.card > header {
  display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: 8px 16px;
  margin-bottom: 14px;
}
.verdict { border-left: 5px solid var(--good); padding: 24px 26px; }
.verdict.abuse, .verdict.unread { border-left-color: var(--block); }
.verdict.watch { border-left-color: var(--throttle); }
.verdict h1 { font-size: 26px; line-height: 1.25; font-weight: 680; letter-spacing: -.018em; text-wrap: balance; }
.verdict p { margin-top: 8px; font-size: 16px; color: var(--soft); max-width: 76ch; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; margin-top: 18px; font-size: 14px; }
.facts dt { color: var(--faint); }
.facts dd { overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 12px; margin-bottom: 16px; }
.tile {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px;
  box-shadow: var(--shadow);
}
.tile b {
  display: block; font-size: 25px; line-height: 1.2; font-weight: 660; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums;
}
.tile span { color: var(--soft); font-size: 13px; }
.tile.bad b { color: var(--block); }
.tile.good b { color: var(--good); }
.legend {
  display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--soft); margin-top: 12px; padding: 0;
  list-style: none;
}
.dot {
  display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px; background: var(--other);
}
.dot.line { height: 2px; width: 14px; vertical-align: middle; background: var(--ink); }
.benign { background: var(--bar); fill: var(--bar); }
.c-probing { background-color: var(--probing); fill: var(--probing); }
.c-injection { background-color: var(--injection); fill: var(--injection); }
.c-credential-attack { background-color: var(--credential-attack); fill: var(--credential-attack); }
.c-enumeration { background-color: var(--enumeration); fill: var(--enumeration); }
.c-scraping { background-color: var(--scraping); fill: var(--scraping); }
.c-code-guessing { background-color: var(--code-guessing); fill: var(--code-guessing); }
.c-resource-exhaustion { background-color: var(--resource-exhaustion); fill: var(--resource-exhaustion); }
.c-declared-tool { background-color: var(--declared-tool); fill: var(--declared-tool); }
.c-rotation { background-color: var(--rotation); fill: var(--rotation); }
.c-automation { background-color: var(--automation); fill: var(--automation); }
.c-decoy { background-color: var(--decoy); fill: var(--decoy); }
.c-take-over { background-color: var(--take-over); fill: var(--take-over); }
.c-object-access { background-color: var(--object-access); fill: var(--object-access); }
.c-sign-up { background-color: var(--sign-up); fill: var(--sign-up); }
.c-workflow { background-color: var(--workflow); fill: var(--workflow); }
.c-leaked-key { background-color: var(--leaked-key); fill: var(--leaked-key); }
.c-misuse { background-color: var(--misuse); fill: var(--misuse); }
.c-device-storm { background-color: var(--device-storm); fill: var(--device-storm); }
.c-cost { background-color: var(--cost); fill: var(--cost); }
.c-other { background-color: var(--other); fill: var(--other); }
.switch { display: inline-flex; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.switch button { border: 0; border-radius: 0; padding: 4px 12px; font-size: 13px; color: var(--soft); }
.switch button + button { border-left: 1px solid var(--line); }
.switch button[aria-pressed="true"] { background: var(--hover); color: var(--ink); font-weight: 600; }
.chart { display: grid; grid-template-columns: max-content 1fr; grid-template-rows: 210px auto; column-gap: 10px; }
.chart .y {
  display: flex; flex-direction: column; justify-content: space-between; text-align: right; font-size: 12px;
  color: var(--faint); font-variant-numeric: tabular-nums; line-height: 1; transform: translateY(-5px);
  height: 220px;
}
.chart .plot { position: relative; }
.chart svg { display: block; width: 100%; height: 100%; overflow: visible; }
.chart .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.chart .errors { fill: none; stroke: var(--ink); stroke-width: 1.4; vector-effect: non-scaling-stroke; opacity: .75; }
.chart .x {
  grid-column: 2; display: flex; justify-content: space-between; font-size: 12px; color: var(--faint);
  padding-top: 7px;
}
.chart .cursor { position: absolute; top: 0; bottom: 0; background: var(--ink); opacity: .08; pointer-events: none; }
.tip {
  position: absolute; z-index: 2; top: 6px; pointer-events: none; background: var(--card);
  border: 1px solid var(--line);
  border-radius: 8px; padding: 8px 11px; font-size: 13px; box-shadow: 0 4px 16px rgb(0 0 0 / 16%); white-space: nowrap;
}
.tip b { display: block; margin-bottom: 3px; }
.tip div {
  display: flex; align-items: center; gap: 14px; justify-content: space-between;
  font-variant-numeric: tabular-nums;
}
.line-tool { display: grid; grid-template-columns: 1.1fr 1fr; gap: 10px 34px; align-items: start; }
.line-tool input { width: 100%; accent-color: var(--accent); margin: 6px 0 0; height: 26px; }
.scale { display: flex; justify-content: space-between; font-size: 12px; color: var(--faint); }
.chosen { font-size: 20px; font-weight: 650; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.measure { margin-top: 2px; }
.measure + .measure { margin-top: 14px; }
.measure div { display: flex; justify-content: space-between; gap: 12px; font-size: 14px; }
.measure b { font-variant-numeric: tabular-nums; }
.measure svg {
  display: block; width: 100%; height: 10px; margin-top: 5px; border-radius: 5px; background: var(--code);
}
.stopped { fill: var(--good); }
.hurt { fill: var(--block); }
.tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 6px; }
.tools input {
  font: inherit; font-size: 14px; padding: 6px 11px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card);
  color: var(--ink); min-width: 220px; flex: 1 1 220px; max-width: 340px;
}
.chip { font-size: 13px; padding: 4px 11px; border-radius: 99px; color: var(--soft); }
.chip[aria-pressed="true"] { border-color: var(--accent); color: var(--ink); background: var(--hover); }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th {
  text-align: left; font-weight: 600; font-size: 12.5px; color: var(--faint); padding: 8px 10px;
  border-bottom: 1px solid var(--line); white-space: nowrap;
}
th button { border: 0; padding: 0; font-weight: 600; color: inherit; }
th button:hover { background: none; color: var(--ink); }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
td { padding: 11px 10px; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 4px; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.actors tbody { cursor: default; }
.actors tr.row:hover { background: var(--hover); }
.js .actors tr.row { cursor: pointer; }
.who b { font-weight: 620; overflow-wrap: anywhere; }
.who { min-width: 210px; }
.who small { padding-left: 20px; }
.who small, .sub { display: block; color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.opener { border: 0; padding: 0 6px 0 0; color: var(--faint); width: 20px; }
.opener::before { content: "\\25B8"; }
tbody.open .opener::before { content: "\\25BE"; }
html:not(.js) .opener { visibility: hidden; }
.js tbody:not(.open) tr.detail { display: none; }
.js tbody.open tr.row td { border-bottom-color: transparent; }
.action { font-weight: 650; white-space: nowrap; }
.a-block {
  color: var(--block); } .a-step-up, .a-challenge { color: var(--challenge);
  } .a-throttle { color: var(--throttle);
}
.a-tag, .a-allow { color: var(--soft); font-weight: 500; }
.risk { display: flex; align-items: center; gap: 8px; white-space: nowrap; }
.risk svg { width: 46px; height: 6px; border-radius: 3px; background: var(--code); flex: none; }
.risk rect { fill: var(--accent); }
.class { white-space: nowrap; }
.detail td { padding: 0 10px 18px 30px; }
.evidence { list-style: none; padding: 0; display: grid; gap: 12px; }
.evidence li { border-left: 3px solid var(--line); padding-left: 13px; }
.evidence p { font-size: 15px; overflow-wrap: anywhere; }
.meta {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 14px; color: var(--faint); font-size: 13px;
  margin-top: 2px;
}
.evidence code { font-size: 12.5px; }
.sample { margin-top: 5px; }
.detail .facts { margin-top: 14px; }
.empty { color: var(--soft); padding: 14px 4px 2px; }
.incidents { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 14px; }
.incident { border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.incident h3 { font-size: 15px; font-weight: 630; }
.incident .facts { margin-top: 9px; grid-template-columns: max-content 1fr; }
.badge {
  font-size: 11.5px; font-weight: 650; padding: 1px 8px; border-radius: 99px; border: 1px solid currentColor;
  color: var(--challenge); margin-left: 6px; vertical-align: 1px;
}
.plain td, .plain th { padding-top: 7px; padding-bottom: 7px; }
.bad-lines td:last-child { width: 65%; }
.plain tr:last-child td { border-bottom: 0; }
.scroll { overflow-x: auto; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 16px; }
.two .card { margin: 0; }
.notes { padding-left: 18px; font-size: 14px; }
.notes li + li { margin-top: 4px; }
footer.end { color: var(--faint); font-size: 13px; margin-top: 22px; }
@media (max-width: 760px) {
  .wrap { padding: 14px 12px 40px; }
  .card { padding: 16px; border-radius: 10px; }
  .verdict h1 { font-size: 21px; }
  .facts { grid-template-columns: 1fr; gap: 0 14px; }
  .facts dd { margin-bottom: 7px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 10px; }
  .tile { padding: 11px 14px; } .tile b { font-size: 21px; }
  .line-tool { grid-template-columns: 1fr; }
  .chart .x span:nth-child(even) { display: none; }
  .actors thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .actors, .actors tbody { display: block; }
  .actors tbody { border: 1px solid var(--line); border-radius: 10px; margin-top: 10px; overflow: hidden; }
  .actors tr.row { display: grid; grid-template-columns: 1fr auto; padding: 10px 12px; gap: 3px 12px; }
  .actors tr.detail { display: block; }
  .actors tr.row td { border: 0; padding: 0; }
  .actors tr.row td.num { text-align: left; color: var(--soft); font-size: 13px; }
  .actors tr.row td.num::before { content: attr(data-label) " "; }
  .actors tr.row td.who {
    grid-column: 1; min-width: 0; } .actors tr.row td.do { grid-column: 2; grid-row: 1; text-align: right;
  }
  .actors tr.detail td { display: block; border: 0; padding: 4px 12px 14px; }
}
@media print {
  body { background: #fff; } .card, .tile { box-shadow: none; break-inside: avoid; }
  .tools, .switch, .top button, .opener { display: none; }
  .js tbody tr.detail { display: table-row !important; }
}
`;
