// What the documents hold: their code blocks, their links, their headings. Reads just the Markdown
// that we write, no more of the language.

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Every document of the repository, as a path from its root. */
export const documents: readonly string[] = [
  ...globSync("*.md", { cwd: root }),
  ...globSync(".changeset/*.md", { cwd: root }),
  ...globSync("{docs,packages,apps,examples,bench,test}/**/*.md", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name === "dist",
  }),
].toSorted();

/** Those among them that are made from comments, whose examples are compiled where they are written. */
export const generated: ReadonlySet<string> = new Set(
  documents.filter((file) => file.startsWith("docs/api/")),
);

/** A fenced block of code. */
export interface CodeBlock {
  /** The file, from the root. */
  readonly file: string;
  /** Line of the code's first line in the file, from 1. */
  readonly line: number;
  /** What follows the fence: `ts`, `ts run`, `ts ignore: why`. */
  readonly info: string;
  readonly code: string;
  /** The hidden declarations before it, in one line. */
  readonly prelude: string;
}

/** A link to somewhere else in the repository. */
export interface Link {
  readonly line: number;
  readonly target: string;
}

/** The text of a file of the repository. */
export function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/**
 * The code blocks of a document. A comment `<!-- ts … -->` declares what the blocks after it need
 * and readers know; it holds until the next one.
 */
export function codeBlocks(file: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = read(file).split("\n");
  let prelude = "";
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] === "<!-- ts") {
      const end = lines.indexOf("-->", at);
      prelude = lines
        .slice(at + 1, end)
        .map((line) => line.trim())
        .join(" ");
      at = end;
    }
    const fence = /^( *)```(.+)$/.exec(lines[at] ?? "");
    if (!fence) continue;
    const [, indent = "", info = ""] = fence;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    if (end < 0) throw new Error(`${file}:${at + 1}: the code block has no end`);
    const code = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    blocks.push({ file, line: at + 2, info, code: code.join("\n"), prelude });
    at = end;
  }
  return blocks;
}

/** The links of a document that stay inside the repository, and its images. */
export function localLinks(file: string): readonly Link[] {
  const links: Link[] = [];
  for (const [index, line] of prose(file).entries()) {
    for (const [, target = ""] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (!/^[a-z]+:/.test(target)) links.push({ line: index + 1, target });
    }
    for (const [, target = ""] of line.matchAll(/\bsrc="([^"]+)"/g)) {
      if (!/^[a-z]+:/.test(target)) links.push({ line: index + 1, target });
    }
  }
  return links;
}

/** The anchors of a document, as GitHub makes them of its headings: what is there already gets a number. */
export function anchors(file: string): ReadonlySet<string> {
  const found = new Set<string>();
  const times = new Map<string, number>();
  for (const line of prose(file)) {
    const [, heading] = /^#{1,6} (.+)$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    found.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return found;
}

/** The lines of a document, those inside of code blocks empty. */
function prose(file: string): readonly string[] {
  let inCode = false;
  return read(file)
    .split("\n")
    .map((line) => {
      const fence = /^ *(?:- )?```/.test(line);
      if (fence) inCode = !inCode;
      return inCode || fence ? "" : line.replaceAll(/`[^`]*`/g, "");
    });
}
