// What can be imported: every subpath that a package exports from a source of its own.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Something that can be imported. */
export interface EntryPoint {
  /** As an import writes it: `@croft/core/collection`. */
  readonly name: string;
  /** Its source file, whole. */
  readonly source: string;
  /** Its page: `core-collection.md`. */
  readonly page: string;
  /** What it is for: the comment that opens its source. */
  readonly about: string;
  /** The same under another name: `@croft/plugin/view/jsx-dev-runtime`. */
  readonly aliases: readonly string[];
}

/** Who comes first is whose page tells of what more than one exports. The others follow by name. */
const FIRST = ["@croft/core", "@croft/core/collection", "@croft/plugin", "@croft/host"];

/** All entry points of the packages below `root`. */
export function entryPoints(root: string): readonly EntryPoint[] {
  const bySource = new Map<string, string[]>();
  for (const file of globSync("packages/*/package.json", { cwd: root })) {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, file), "utf8"));
    for (const [path, target] of Object.entries(manifest.exports)) {
      if (typeof target === "string") continue; // A file to be read: package.json, a schema.
      const source = join(root, file, "..", target.source);
      const name = path === "." ? manifest.name : `${manifest.name}${path.slice(1)}`;
      bySource.set(source, [...(bySource.get(source) ?? []), name]);
    }
  }
  return [...bySource]
    .map(([source, [name = "", ...aliases]]) => ({
      name,
      source,
      page: `${name.replace("@croft/", "").replaceAll("/", "-")}.md`,
      about: opening(source),
      aliases,
    }))
    .toSorted((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly source: string }>>;
}

function rank(name: string): number {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
}

function opening(source: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(source, "utf8"))?.[1];
  if (comment === undefined) throw new Error(`${source} does not open with what it is for`);
  return comment
    .split("\n")
    .map((line) => line.replace(/^ *\* ?/, "").trim())
    .join("\n")
    .trim();
}
