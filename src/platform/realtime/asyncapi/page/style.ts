import { Html } from '../../../http/html.js';

/** Light or dark as the reader's system is. */
export const STYLE = new Html(`
:root { color-scheme: light dark; --line: color-mix(in srgb, currentcolor 20%, transparent); }
body { margin: 0; display: grid; grid-template-columns: 16rem minmax(0, 1fr); font: 1rem/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box; border-right: 1px solid var(--line); font-size: .875rem; }
nav a { display: block; text-decoration: none; color: inherit; padding: .1rem 0; }
nav a:hover { text-decoration: underline; }
main { max-width: 60rem; padding: 1rem 2rem 4rem; }
section { border-top: 1px solid var(--line); padding: .5rem 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .25rem; font-size: .85rem; }
summary { cursor: pointer; }
@media (max-width: 45rem) { body { display: block; } nav { position: static; height: 12rem; } }
`);
