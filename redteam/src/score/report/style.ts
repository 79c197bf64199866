/** The style of the page: light and dark, no fonts or pictures from elsewhere. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d2129;--soft:#5c6470;--faint:#8b93a0;--line:#e4e2dd;
--grid:#e6e3dc;--good:#1f8a5b;--bad:#c8403a;--half:#b7791f;--bar:#4a7fc1;--hard:#c8403a;--limit:#8b93a0;--rules:#b7791f;
--e0:#1b9e8a;--e1:#3a78d0;--e2:#8a56d2;--e3:#d24d86;--e4:#d9822b}
@media (prefers-color-scheme:dark){:root{--paper:#14161a;--card:#1c1f25;--ink:#e8eaee;--soft:#a3abb8;--faint:#747d8b;
--line:#2d323b;--grid:#2b3039;--good:#4cc38a;--bad:#f0736a;--half:#e0a84a;--bar:#6a9ee0;--hard:#f0736a;--limit:#8791a0;
--rules:#e0a84a;--e0:#3fc7b0;--e1:#6fa3f0;--e2:#b38af0;--e3:#f07aac;--e4:#f0a455}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1020px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:19px;margin:52px 0 4px}
p{margin:4px 0 12px;max-width:92ch}
.lead,.note,figcaption,.legend i{color:var(--soft)}
.note{font-size:13.5px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:12px;margin:26px 0 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile b{display:block;font-size:26px;line-height:1.25;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tile span{display:block;font-size:13px;color:var(--soft)}
.tile small{display:block;font-size:12px;color:var(--faint);font-variant-numeric:tabular-nums}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;overflow-x:auto}
svg{display:block;max-width:100%;height:auto}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;margin:2px 0 10px}
.legend span{display:inline-flex;align-items:center;gap:6px}
.legend svg{flex:none;width:14px}
.legend i{font-style:normal}
.swatch{width:14px;height:4px;border-radius:2px;background:var(--bar)}
.swatch.address-limit{background:var(--limit)}.swatch.log-rules{background:var(--rules)}
.swatch.hard{background:var(--hard);height:10px}.swatch.soft{height:10px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{font-weight:600;color:var(--soft);text-align:right;padding:5px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
td{text-align:right;padding:5px 8px;border-bottom:1px solid var(--grid)}
th:first-child,td:first-child{text-align:left;padding-left:2px}
tr:last-child td{border-bottom:0}
td.text,th.text{text-align:left}
.matrix{table-layout:fixed;min-width:860px}.matrix th:first-child{width:176px}
.matrix td{padding:3px;border:0}
.matrix td:first-child{padding-right:12px;white-space:nowrap}
.matrix th{text-align:center}
.matrix th:first-child{text-align:left}
.cell{display:block;border-radius:6px;padding:6px 8px 7px;text-align:left;font-size:12.5px;line-height:1.3;
border:1px solid color-mix(in srgb,var(--tone) 45%,transparent);background:color-mix(in srgb,var(--tone) 13%,transparent)}
.cell b{color:var(--tone);font-size:13.5px}
.cell em{display:block;font-style:normal;color:var(--soft);white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:100%}
.cell i{display:block;height:4px;border-radius:2px;margin-top:5px;background:color-mix(in srgb,var(--soft) 22%,transparent)}
.cell i::before{content:"";display:block;height:4px;border-radius:2px;background:var(--hard);width:var(--leak)}
.pair b{font-weight:600}.pair{white-space:nowrap}.pair span{display:block;color:var(--faint);font-size:12px}
.found{--tone:var(--good)}.partly{--tone:var(--half)}.missed{--tone:var(--bad)}.none{--tone:var(--faint)}
.grid{stroke:var(--grid);fill:none}.frame{stroke:var(--faint);fill:none;stroke-width:1}
.diagonal{stroke:var(--grid);fill:none}
.rail{fill:color-mix(in srgb,var(--bad) 10%,transparent)}
text{font:12px system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--soft)}
text.tick{fill:var(--faint);font-size:11px}text.name{fill:var(--ink);font-size:13px}text.value{font-variant-numeric:tabular-nums}
.E0{--c:var(--e0)}.E1{--c:var(--e1)}.E2{--c:var(--e2)}.E3{--c:var(--e3)}.E4{--c:var(--e4)}
.mark{fill:var(--c);fill-opacity:.82;stroke:var(--card);stroke-width:1}
.mark.hollow{fill:var(--card);fill-opacity:1;stroke:var(--c);stroke-width:1.7}
.curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.curve.limit{stroke:var(--limit);stroke-width:1.4;stroke-dasharray:3 3}
.small{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:14px 18px}
figure{margin:0}figcaption{font-size:13px}
.sallyport{--s:var(--bar)}.address-limit{--s:var(--limit)}.log-rules{--s:var(--rules)}.plain{--s:var(--ink)}
.whisker{stroke:var(--s);stroke-width:2;fill:none;opacity:.75}.seed{stroke:var(--s);stroke-width:1;opacity:.7}
.dot{fill:var(--s)}
.bar{fill:var(--bar);opacity:.85}.bar.hard{fill:var(--hard)}
.other{stroke-width:2.5;fill:none}.other.limit{stroke:var(--limit)}.other.rules{stroke:var(--rules)}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:14px;align-items:start}
.verdict{color:var(--tone)}
ul{padding-left:20px;margin:6px 0}li{margin:3px 0}
@media print{.card,.tile{break-inside:avoid}}
`;
