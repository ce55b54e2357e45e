/** Colours for light and dark mode that colour-blind people can distinguish: blue for TTFT, orange for waiting. */
export const stylesheet = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --paper: #ffffff; --rule: #e0e1e6; --panel: #f9f9fb;
  --ttft: #0b6bcb; --queue: #e5700a; --prefill: #0b6bcb; --delivery: #7d66d9; --client: #8b8d98; --good: #18794e; --warn: #915930; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #b0b4ba; --paper: #111113; --rule: #363a3f; --panel: #18191b;
  --ttft: #70b8ff; --queue: #ffa057; --prefill: #70b8ff; --delivery: #baa7ff; --client: #777b84; --good: #3dd68c; --warn: #ffca16; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0; } .dim, figcaption p, .notes { color: var(--dim); }
.warning { border-left: 3px solid var(--warn); padding: .25rem .75rem; margin: .75rem 0; background: var(--panel); }
.recommended { border-left: 3px solid var(--good); padding: .5rem .75rem; margin: 1rem 0; background: var(--panel); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: 1rem 0 .5rem; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums; white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } tr.marked td { font-weight: 700; color: var(--good); }
table.words th, table.words td { text-align: left; white-space: normal; vertical-align: top; overflow-wrap: anywhere; }
figure { margin: 0; } svg { width: 100%; height: auto; display: block; margin-top: .5rem; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); } svg .tick { fill: var(--dim); font-size: 12px; }
.grid, .floor { stroke: var(--rule); }
path.ttft { fill: var(--ttft); fill-opacity: .55; } path.queue { fill: var(--queue); fill-opacity: .45; }
line.ttft { stroke: var(--ttft); stroke-width: 1.5; } line.queue { stroke: var(--queue); stroke-width: 1.5; } line.p95 { stroke-dasharray: 3 3; }
circle.ttft { fill: var(--ttft); fill-opacity: .7; } circle.queue { fill: var(--queue); fill-opacity: .7; }
rect.client { fill: var(--client); } rect.queue { fill: var(--queue); } rect.prefill { fill: var(--prefill); } rect.delivery { fill: var(--delivery); }
rect.interval { fill-opacity: .12; } rect.ttft { fill: var(--ttft); }
polyline { fill: none; stroke-width: 2; } polyline.tokens { stroke: var(--ttft); } polyline.e2e { stroke: var(--queue); }
circle.tokens { fill: var(--ttft); } circle.e2e { fill: var(--queue); } circle.rough { fill: var(--paper); stroke: var(--queue); stroke-width: 1.5; }
polyline.usl { stroke: var(--dim); stroke-dasharray: 5 4; stroke-width: 1.5; } line.knee { stroke: var(--good); stroke-dasharray: 2 3; stroke-width: 1.5; }
.key { margin-right: .9em; white-space: nowrap; } .key::before { content: ""; display: inline-block; width: .75em; height: .75em; margin-right: .35em; border-radius: 2px; background: var(--dim); }
.key.ttft::before, .key.tokens::before { background: var(--ttft); } .key.queue::before, .key.e2e::before { background: var(--queue); }
.key.prefill::before { background: var(--prefill); } .key.delivery::before { background: var(--delivery); } .key.client::before { background: var(--client); } .key.knee::before { background: var(--good); }
footer { margin-top: 3rem; color: var(--dim); font-size: .85rem; }
`;
