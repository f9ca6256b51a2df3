/** The look of the page, in both colour schemes. */
export const DOCS_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1d2330; --faint: #5b6475; --line: #dfe3ea; --wash: #f5f7fa; --link: #0b57c2;
  --get: #0b6e4f; --post: #0b57c2; --put: #8a5a00; --patch: #6b3fa0; --delete: #b3261e; --head: #5b6475;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171d; --ink: #e6e9ef; --faint: #9aa4b5; --line: #2b313c; --wash: #1b1f27; --link: #7fb2ff;
    --get: #5fd3a6; --post: #7fb2ff; --put: #e8b65a; --patch: #c4a1f0; --delete: #ff8f87; --head: #9aa4b5;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 5rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
code, kbd, pre, textarea, .try input, .try select { font: 0.875em/1.5 var(--mono); }
kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 0.35em; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; z-index: 3; background: var(--paper); padding: 0.5rem 1rem; }

header { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; align-items: center;
  justify-content: space-between; padding: 0.75rem 1.5rem; background: var(--paper); border-bottom: 1px solid var(--line); }
header > div { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; }
header p { margin: 0; color: var(--faint); font-size: 0.9rem; }
h1 { margin: 0; font-size: 1.15rem; letter-spacing: -0.01em; }
#login { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; font-size: 0.875rem; color: var(--faint); }
#login span { display: flex; gap: 0.5rem; align-items: center; }
#login input { width: 9rem; }
input, select, textarea { padding: 0.35rem 0.55rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--paper); color: var(--ink); font-size: 0.875rem; }
input:user-invalid { border-color: var(--delete); }

.columns { display: grid; grid-template-columns: 19rem minmax(0, 1fr); max-width: 84rem; margin: 0 auto; }
nav { position: sticky; top: 3.6rem; align-self: start; max-height: calc(100vh - 3.6rem); overflow: auto;
  padding: 1.25rem 1rem 3rem 1.5rem; border-right: 1px solid var(--line); font-size: 0.875rem; }
nav label { color: var(--faint); }
nav input { width: 100%; margin: 0.25rem 0 0.5rem; }
nav h2 { margin: 1.1rem 0 0.3rem; font-size: 0.875rem; }
nav h2 a { color: inherit; text-decoration: none; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li a { display: flex; gap: 0.5rem; align-items: baseline; padding: 0.12rem 0.35rem; border-radius: 5px; color: var(--faint);
  text-decoration: none; }
nav li a:hover, nav li a:focus-visible { background: var(--wash); color: var(--ink); }
nav .path { overflow-wrap: anywhere; }
nav .method { min-width: 3.6em; font-size: 0.68rem; }

main { padding: 0.5rem 1.5rem 6rem; min-width: 0; }
h3 { margin: 2rem 0 0.6rem; font-size: 1.3rem; letter-spacing: -0.01em; }
h4 { margin: 1.6rem 0 0.4rem; font-size: 0.8rem; text-transform: uppercase; letter-spacing: 0.06em; color: var(--faint); }
.method { font: 600 0.75rem/1.4 var(--mono); color: var(--head); }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
.operation { border: 1px solid var(--line); border-radius: 8px; margin: 0.5rem 0; }
.operation > summary { display: grid; grid-template-columns: 3.4rem minmax(0, auto) minmax(10rem, 1fr); gap: 0.25rem 0.75rem; align-items: baseline;
  padding: 0.55rem 0.9rem; cursor: pointer; list-style: none; border-radius: 8px; }
.operation > summary::-webkit-details-marker { display: none; }
.operation > summary:hover, .operation[open] > summary { background: var(--wash); }
.operation[open] > summary { border-bottom: 1px solid var(--line); border-radius: 8px 8px 0 0; }
.operation .path { font-weight: 600; overflow-wrap: anywhere; }
.intro { color: var(--faint); margin: 1.4rem 0 0; }
.about { color: var(--faint); font-size: 0.9rem; }
.inside { overflow-x: auto; padding: 0.4rem 1.1rem 1.2rem; }

table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--faint); font-weight: 500; }
tbody th { font-weight: 500; white-space: nowrap; }
.pattern, .type, .media { color: var(--faint); overflow-wrap: anywhere; }
.type { font: 0.8rem/1.5 var(--mono); }
.required { color: var(--put); font-size: 0.75rem; }
.status { font-family: var(--mono); }
.headers { color: var(--faint); font-size: 0.9rem; }
dl { margin: 0.3rem 0; padding-left: 0.9rem; border-left: 2px solid var(--line); font-size: 0.9rem; }
dt { margin-top: 0.35rem; }
dd { margin: 0 0 0 0.9rem; color: var(--faint); }
dd p, .answer p, .media { margin: 0.1rem 0 0.3rem; }
.errors summary { cursor: pointer; color: var(--link); font-size: 0.9rem; }
.errors ul { margin: 0.4rem 0; padding-left: 1.1rem; font-size: 0.9rem; }

.try { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: 0.4rem 0.9rem; align-items: center; }
.try label { color: var(--faint); font-size: 0.875rem; }
.try textarea { width: 100%; resize: vertical; }
.try .command, .try p, .try output { grid-column: 1 / -1; margin: 0; }
.command { position: relative; }
pre { margin: 0; padding: 0.75rem 1rem; overflow: auto; background: var(--wash); border: 1px solid var(--line); border-radius: 8px; }
.command pre { padding-right: 5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
button { padding: 0.4rem 0.9rem; border: 1px solid var(--link); border-radius: 6px; background: var(--link); color: var(--paper);
  font: 600 0.875rem/1.4 system-ui, sans-serif; cursor: pointer; }
button:hover { filter: brightness(1.08); }
.copy { position: absolute; top: 0.5rem; right: 0.5rem; padding: 0.2rem 0.6rem; background: var(--paper); color: var(--link); }
output { display: block; }
output pre { max-height: 28rem; }
output .failed { color: var(--delete); }
[hidden] { display: none !important; }

@media (max-width: 52rem) {
  header { position: static; }
  html { scroll-padding-top: 0; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; max-height: none; padding-bottom: 1rem; border-right: 0; border-bottom: 1px solid var(--line); }
  nav section { display: none; }
  main { padding: 0 1rem 4rem; }
  .operation > summary { grid-template-columns: 3.4rem minmax(0, 1fr); }
  .about { grid-column: 1 / -1; }
  .try { grid-template-columns: minmax(0, 1fr); }
  #login, #login span { width: 100%; }
  #login label { width: 5rem; }
  #login input { flex: 1; width: auto; min-width: 0; }
  header { padding: 0.75rem 1rem; }
  header > div { width: 100%; }
  nav { padding: 1rem; }
  .inside { padding: 0.4rem 0.9rem 1.2rem; }
  .inside thead { display: none; }
  .inside tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; padding: 0.45rem 0; border-bottom: 1px solid var(--line); }
  .inside th, .inside td { padding: 0; border: 0; white-space: normal; }
  .inside td:nth-child(2) { color: var(--faint); font-size: 0.8rem; }
  .inside td:nth-child(3) { grid-column: 1 / -1; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;
