// What documents link to is there: files, folders, images, headings.

import { existsSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";
import { expect, it } from "vitest";
import { anchors, documents, localLinks, root } from "./markdown.ts";

it.each(documents)("links of %s lead somewhere", (file) => {
  const broken = localLinks(file).filter(({ target }) => !leads(file, target));
  expect(broken.map(({ line, target }) => `${file}:${line} ${target}`)).toEqual([]);
});

function leads(file: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const to = path === "" ? file : normalize(join(dirname(file), path));
  if (to.startsWith("..") || !existsSync(join(root, to))) return false;
  return anchor === undefined || (extname(to) === ".md" && anchors(to).has(anchor));
}
