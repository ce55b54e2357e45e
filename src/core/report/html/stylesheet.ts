/**
 * Colours that colour-blind people can tell apart (after Okabe and Ito), in a light and a dark version: blue for work and
 * first tokens, orange for waiting, purple for delivery, and differences in lightness besides. Groups, which have no order, have
 * the eight of --g0 to --g7.
 */
export const stylesheet = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --paper: #ffffff; --rule: #e4e5e9; --panel: #f6f7f9;
  --first: #0b6bcb; --work: #0b6bcb; --wait: #d9620a; --other: #7a52c7; --bad: #c4221f; --good: #18794e; --warn: #915930; --limit: #b3261e;
  --prefill: #0b6bcb; --delivery: #9b7fe0; --client: #8b8d98; --fit: #60646c; --ramp-from: #9cc9f2; --ramp-to: #06376b;
  --g0: #0b6bcb; --g1: #d9620a; --g2: #08a17e; --g3: #b2368d; --g4: #7f0300; --g5: #a77cff; --g6: #00415d; --g7: #5f00a1; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #b0b4ba; --paper: #111113; --rule: #2e3135; --panel: #1a1b1e;
  --first: #70b8ff; --work: #70b8ff; --wait: #ffa057; --other: #baa7ff; --bad: #ff8a80; --good: #3dd68c; --warn: #ffca16; --limit: #ff8f87;
  --prefill: #70b8ff; --delivery: #9a83e6; --client: #777b84; --fit: #b0b4ba; --ramp-from: #2f6398; --ramp-to: #d3ebff;
  --g0: #70b8ff; --g1: #ffa057; --g2: #71ffbd; --g3: #ff60b0; --g4: #a63e29; --g5: #853bca; --g6: #006a7b; --g7: #8b8d04; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 61rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 2.75rem 0 .25rem; }
h3 { font-size: .8rem; font-weight: 600; margin: .6rem 0 0; color: var(--dim); }
p { margin: .25rem 0; overflow-wrap: break-word; } .dim, figcaption p, .notes { color: var(--dim); } figcaption p, .notes { font-size: .87rem; }
ul.notes { margin: .25rem 0 .75rem; padding: 0; list-style: none; }
.warning { border-left: 3px solid var(--warn); padding: .25rem .75rem; margin: .75rem 0; background: var(--panel); }
.recommended { border-left: 3px solid var(--good); padding: .5rem .75rem; margin: 1rem 0; background: var(--panel); }
.verdict:not(td) { border-left: 4px solid var(--dim); padding: .5rem .75rem; margin: 1rem 0; background: var(--panel); }
.verdict.pass { border-color: var(--good); } .verdict.regression { border-color: var(--bad); } .verdict.inconclusive { border-color: var(--wait); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: 1rem 0 .5rem; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums; white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } tr.marked td { font-weight: 700; color: var(--good); }
table.words th, table.words td { text-align: left; white-space: normal; vertical-align: top; overflow-wrap: break-word; }
table.words.pairs td { overflow-wrap: anywhere; } table.pairs th { width: 13rem; } @media (max-width: 640px) { table.pairs th { width: auto; } }
figure { margin: 0; position: relative; outline-offset: 6px; border-radius: 2px; } figure:focus-visible { outline: 2px solid var(--first); }
.layout { margin-top: .5rem; cursor: crosshair; touch-action: pan-y; } .narrow { display: none; }
svg { font-size: 12px; width: 100%; height: auto; display: block; overflow: visible; }
svg text, svg tspan { white-space: pre; } svg [aria-label$="label"] { fill: var(--dim); }
.cross { position: absolute; width: 1px; background: var(--dim); pointer-events: none; }
.cross.point { width: 13px; height: 13px; margin: -6.5px 0 0 -6.5px; border-radius: 50%; background: none; border: 2px solid var(--ink); }
.tip { position: absolute; z-index: 1; pointer-events: none; max-width: 17rem; padding: .4rem .6rem; font-size: .8rem; line-height: 1.4;
  background: var(--panel); border: 1px solid var(--rule); border-radius: 5px; box-shadow: 0 2px 10px rgb(0 0 0 / .18); }
.tip dl { display: grid; grid-template-columns: auto auto; gap: 0 .8rem; margin: .1rem 0 0; } .tip dt { color: var(--dim); }
.tip dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } [hidden] { display: none !important; }
.legend { display: block; margin-bottom: .1rem; } .key { display: inline-block; margin-right: 1.1em; }
.key::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .4em; border-radius: 2px; background: var(--dim); }
.key.first::before { background: var(--first); } .key.wait::before { background: var(--wait); } .key.work::before { background: var(--work); }
.key.other::before { background: var(--other); } .key.bad::before { background: var(--bad); } .key.good::before { background: var(--good); }
.key.prefill::before { background: var(--prefill); } .key.delivery::before { background: var(--delivery); } .key.client::before { background: var(--client); }
.key.s0::before { background: var(--s0); } .key.s1::before { background: var(--s1); }
.key.limit::before, .key.fit::before { height: 0; border-top: 2px dashed var(--limit); background: none; vertical-align: middle; width: 1.1em; }
.key.fit::before { border-color: var(--fit); }
details { margin-top: .75rem; } summary { cursor: pointer; color: var(--dim); }
details.part { margin: 0; border-bottom: 1px solid var(--rule); } details.part > summary { padding: .6rem 0; font-weight: 600; color: var(--ink); }
h2 + details.part { border-top: 1px solid var(--rule); margin-top: .75rem; } details.part[open] { padding-bottom: 1.25rem; }
details.part > h2:first-of-type, details.part > figure:first-of-type h2 { margin-top: .5rem; }
pre { background: var(--panel); padding: .6rem .8rem; border-radius: 5px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
button { font: inherit; font-size: .87rem; color: var(--ink); background: var(--panel); border: 1px solid var(--rule); border-radius: 5px; padding: .25rem .7rem; margin: 0 .4rem .4rem 0; cursor: pointer; }
footer { margin-top: 3rem; color: var(--dim); font-size: .85rem; }
tr.regression .verdict, tr.worse .verdict { color: var(--bad); } tr.inconclusive .verdict { color: var(--wait); }
tr.pass .verdict, tr.improvement .verdict, tr.better .verdict { color: var(--good); } td.verdict { font-weight: 600; }
th[scope="colgroup"] { text-align: center; border-bottom-color: transparent; padding-bottom: 0; }
th[scope="colgroup"]:not([colspan="1"]) { background: linear-gradient(var(--rule), var(--rule)) center bottom / calc(100% - 1.2rem) 1px no-repeat; }
th[scope="colgroup"][colspan="1"] { text-align: right; } .flag { white-space: nowrap; } .verdict ul { margin: .35rem 0 0; padding-left: 1.1rem; }
table.verdicts :is(.verdict, .title, .below, th:nth-child(-n+3)) { text-align: left; } .cards .below { white-space: normal; min-width: 8.6rem; }
.verdicts :is(th, td) { padding-inline: .45rem; } tr.no-clear-change td.verdict { font-weight: 400; color: var(--dim); }
.groups :is(th, td) { white-space: normal; } @media (max-width: 940px) { .cards :is(th, td) { padding-inline: .25rem; font-size: .93rem; } }
@media (max-width: 800px) { .cards, .cards tbody { display: block; } .cards thead { position: absolute; clip-path: inset(50%); }
  .cards tr { display: flex; flex-wrap: wrap; padding: .6rem 0; border-bottom: 1px solid var(--rule); }
  .cards td { padding: 0; border: 0; text-align: left; } .cards td:empty { display: none; }
  .cards .title { order: -3; flex: 1; font-weight: 600; white-space: normal; overflow-wrap: anywhere; } .cards .verdict { order: -2; margin-left: 1rem; }
  .cards .below { order: -1; flex: 0 0 100%; color: var(--dim); font-size: .87rem; } .cards .named { flex: 0 0 50%; font-size: .87rem; white-space: normal; padding-right: .5rem; }
  .cards .named::before, :is(.settings, .groups) .title::before { content: attr(data-name) "\\a0"; color: var(--dim); font-weight: 400; }
  .settings .title { flex: 1 0 100%; } .groups .title { flex: 1 0 60%; }
  .groups .named { flex-basis: auto; min-width: 50%; max-width: 100%; } :is(.settings, .groups) .title::before { color: inherit; font-weight: inherit; } }
@media (max-width: 640px) { body { padding: 1.25rem 1rem 3rem; } .wide { display: none; } .narrow { display: block; } svg { font-size: 11px; } h2 { margin-top: 2.25rem; } }
@media print { .tip, .cross, button { display: none; } figure { break-inside: avoid; } }
`;
