// The index of the reference: what can be imported, and what for. Everything that a package exports is a promise, the protocol and
// the suites for stores and channels too: so they are in it, as the last.

import { firstSentence } from "./comment.ts";
import type { EntryPoint } from "./entry-points.ts";
import { NOTE } from "./page.ts";

/** For whom an entry point is: who starts reads the first. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  "For applications": [
    "@croft/core",
    "@croft/core/collection",
    "@croft/react",
    "@croft/persistence/indexeddb",
    "@croft/persistence/sqlite",
    "@croft/persistence/postgres",
    "@croft/persistence/redis",
    "@croft/host",
    "@croft/host/node",
    "@croft/server",
  ],
  "For the authors of plugins": [
    "@croft/plugin",
    "@croft/plugin/view",
    "@croft/plugin/view/markdown",
    "@croft/plugin/view/jsx-runtime",
    "@croft/testing",
  ],
  "For those who build tools, or parts of croft": [
    "@croft/plugin/package",
    "@croft/plugin-cli",
    "@croft/plugin/remote",
    "@croft/core/protocol",
    "@croft/core/testing",
  ],
};

/** The text of the index. Fails for an entry point that has no place in it. */
export function renderIndex(entries: readonly EntryPoint[]): string {
  const open = new Map(entries.map((entry) => [entry.name, entry]));
  const parts = Object.entries(READERS).map(([title, names]) => {
    const rows = names.map((name) => {
      const entry = open.get(name);
      if (!entry) throw new Error(`The index names ${name}, which no package exports`);
      open.delete(name);
      return `| [\`${name}\`](${entry.page}) | ${firstSentence(entry.about)} |`;
    });
    return `## ${title}\n\n| import from | for |\n| --- | --- |\n${rows.join("\n")}\n`;
  });
  if (open.size > 0) throw new Error(`The index does not name ${[...open.keys()].join(", ")}`);
  return `${NOTE}

# API reference

What each package exports, from the comments in its source. Of a class or an interface, a page names what is declared there, and
what it extends. [Architecture](../architecture.md) tells how the parts work together, [data](../data.md) and
[plugins](../plugins.md) how to use them.

${parts.join("\n")}`;
}
