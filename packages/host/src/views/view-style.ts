/** How views look: calm and plain, in the application's colours. `docs/plugins.md` lists the properties. */

/** The style sheet of views, in a frame as in a shadow root. */
export const VIEW_STYLE = `
:root, :host { margin: 0; }
body { margin: 0; background: transparent; }
.c-root {
  --text: var(--croft-text, light-dark(#1c2024, #e8eaed));
  --muted: var(--croft-muted, light-dark(#5b6470, #a2abb6));
  --surface: var(--croft-surface, light-dark(#ffffff, #16191d));
  --raised: var(--croft-raised, light-dark(#f4f5f7, #21262c));
  --border: var(--croft-border, light-dark(#d9dde2, #363d45));
  --strong-border: var(--croft-strong-border, light-dark(#87909b, #77818d));
  --accent: var(--croft-accent, light-dark(#1f5fd0, #8ab4ff));
  --on-accent: var(--croft-on-accent, light-dark(#ffffff, #0f1a2e));
  --danger: var(--croft-danger, light-dark(#b3261e, #ff9d94));
  --radius: var(--croft-radius, 6px);
  --space: var(--croft-space, 12px);
  font: var(--croft-font-size, 14px)/1.5 var(--croft-font, system-ui, sans-serif);
  color: var(--text);
  background: var(--surface);
  padding: var(--space);
  box-sizing: border-box;
  display: flow-root;
  overflow-wrap: anywhere;
}
.c-root *, .c-root *::before, .c-root *::after { box-sizing: border-box; }
.c-root > * + *, .c-column > * + *, .c-group > * + *, .c-prose > * + * { margin-top: var(--space); }
.c-column { display: block; min-width: 0; }
.c-root [hidden] { display: none; }
p, h1, h2, h3, h4, h5, h6, ul, ol, dl, dd, pre, blockquote, figure, fieldset { margin: 0; }
h1, h2 { font-size: 1.2em; } h3 { font-size: 1.05em; } h4, h5, h6 { font-size: 1em; }
h1, h2, h3, h4, h5, h6 { font-weight: 650; line-height: 1.3; text-wrap: balance; }
.c-muted { color: var(--muted); } .c-danger { color: var(--danger); } .c-strong { font-weight: 650; }
small { font-size: 0.9em; }
hr { border: 0; border-top: 1px solid var(--border); }
button, input, textarea, select { font: inherit; color: inherit; }
button {
  border: 1px solid var(--border); border-radius: var(--radius); background: var(--raised);
  padding: 0.35em 0.9em; min-height: 2.3em; cursor: pointer; transition: background-color 0.12s, border-color 0.12s;
}
button:hover:not(:disabled) { border-color: var(--strong-border); }
button:active:not(:disabled) { background: var(--border); }
button.c-primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 550; }
button.c-primary:hover:not(:disabled), button.c-primary:active:not(:disabled) {
  background: color-mix(in oklab, var(--accent) 88%, var(--text)); border-color: transparent;
}
button.c-quiet { background: transparent; border-color: transparent; }
button.c-danger { color: var(--danger); border-color: currentColor; background: transparent; }
button.c-link {
  display: inline; min-height: 0; padding: 0; border: 0; border-radius: 2px; background: none; color: var(--accent);
  text-decoration: underline; text-underline-offset: 0.15em; text-align: start;
}
:disabled { opacity: 0.55; cursor: not-allowed; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.c-field { display: flex; flex-direction: column; gap: 0.3em; min-width: 0; }
.c-field > label:not(.c-check):not(.c-hidden) { font-weight: 550; }
input, textarea, select {
  width: 100%; min-height: 2.3em; padding: 0.35em 0.6em; border: 1px solid var(--strong-border); border-radius: var(--radius);
  background: var(--surface); accent-color: var(--accent);
}
input::placeholder, textarea::placeholder { color: var(--muted); opacity: 1; }
textarea { resize: vertical; }
input:focus-visible, textarea:focus-visible, select:focus-visible { outline-offset: -1px; border-color: var(--accent); }
[aria-invalid="true"] { border-color: var(--danger); }
input[type="checkbox"], input[type="radio"] { width: 1.15em; height: 1.15em; min-height: 0; margin: 0; flex: none; }
input[type="range"] { padding: 0; border: 0; background: none; }
input[type="color"] { width: 4em; padding: 0.2em; }
.c-check { display: flex; align-items: center; gap: 0.55em; cursor: pointer; width: fit-content; }
.c-row { display: flex; flex-wrap: wrap; align-items: center; gap: calc(var(--space) * 0.66); }
.c-row > .c-field { flex: 1 1 10em; }
.c-row.c-center { justify-content: center; } .c-row.c-end { justify-content: flex-end; }
.c-row.c-between { justify-content: space-between; }
.c-row:has(> .c-field) { align-items: flex-end; }
.c-group { border: 1px solid var(--border); border-radius: calc(var(--radius) * 1.5); padding: var(--space); }
ul, ol { padding-inline-start: 1.4em; } li + li { margin-top: 0.2em; }
.c-plain { list-style: none; padding: 0; }
.c-plain > li { padding: 0.45em 0; margin: 0; } .c-plain > li + li { border-top: 1px solid var(--border); }
.c-scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: start; font-weight: 650; padding-bottom: 0.4em; }
th, td { text-align: start; padding: 0.45em 0.75em; border-bottom: 1px solid var(--border); vertical-align: top; overflow-wrap: normal; }
th:first-child, td:first-child { padding-inline-start: 0; } th:last-child, td:last-child { padding-inline-end: 0; }
thead th { color: var(--muted); font-weight: 550; font-size: 0.92em; white-space: nowrap; } tbody tr:last-child > * { border-bottom: 0; }
th.c-end, td.c-end { text-align: end; }
.c-tabs { display: flex; gap: 0.25em; border-bottom: 1px solid var(--border); overflow-x: auto; }
.c-tabs > button {
  border: 0; background: none; border-radius: var(--radius) var(--radius) 0 0; color: var(--muted); white-space: nowrap;
  box-shadow: inset 0 -2px transparent;
}
.c-tabs > button[aria-selected="true"] { color: var(--text); font-weight: 550; box-shadow: inset 0 -2px var(--accent); }
.c-tabs > button:focus-visible { outline-offset: -2px; }
dialog {
  border: 1px solid var(--border); border-radius: calc(var(--radius) * 2); background: var(--surface); color: var(--text);
  padding: calc(var(--space) * 1.33); width: min(28em, calc(100% - 2 * var(--space))); max-height: calc(100% - 2 * var(--space));
  box-shadow: 0 8px 30px rgb(0 0 0 / 0.25);
}
dialog:not(:modal) { position: relative; }
dialog > * + * { margin-top: var(--space); }
dialog::backdrop { background: rgb(0 0 0 / 0.4); }
.c-root:has(dialog[open]) { min-height: 20em; }
progress { width: 100%; height: 0.5em; accent-color: var(--accent); display: block; border: 0; border-radius: 99px; overflow: hidden; background: var(--border); }
progress::-webkit-progress-bar { background: var(--border); } progress::-webkit-progress-value { background: var(--accent); border-radius: 99px; }
meter { width: 100%; }
code, pre { font-family: var(--croft-mono, ui-monospace, monospace); font-size: 0.92em; }
code { background: var(--raised); border-radius: 3px; padding: 0.1em 0.3em; }
pre { background: var(--raised); border-radius: var(--radius); padding: 0.75em; overflow-x: auto; overflow-wrap: normal; }
pre code { background: none; padding: 0; }
blockquote { border-inline-start: 3px solid var(--border); padding-inline-start: 0.9em; color: var(--muted); }
mark { background: light-dark(#fff0b3, #6b5900); color: inherit; border-radius: 2px; }
summary { cursor: pointer; width: fit-content; }
fieldset { border: 1px solid var(--border); border-radius: var(--radius); padding: var(--space); min-width: 0; }
canvas { display: block; width: 100%; border-radius: var(--radius); background: var(--raised); touch-action: none; }
canvas.c-small { height: 6em; } canvas.c-medium { height: 14em; } canvas.c-large { height: 26em; }
svg { display: block; width: 100%; height: auto; max-width: 40em; overflow: visible; }
svg text { fill: var(--muted); font-size: 13px; }
.c-line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.c-area { fill: color-mix(in oklab, var(--accent) 14%, transparent); stroke: none; }
.c-bar { fill: var(--accent); } .c-grid { stroke: var(--border); stroke-width: 1; }
svg.c-spark { display: inline-block; width: 6em; height: 1.5em; vertical-align: middle; }
.c-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { .c-root * { transition: none; } }
@media (forced-colors: active) { button, .c-group { border-color: ButtonBorder; } }
`;
