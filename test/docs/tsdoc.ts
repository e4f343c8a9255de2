// The examples in the TSDoc comments of the packages. They show a few lines in the middle of a
// program, so each is compiled in a function of its own that sees what its file exports.

import { globSync } from "node:fs";
import { dirname, relative } from "node:path";
import { type CodeBlock, read, root } from "./markdown.ts";

/** An example, with what it must see. */
export interface TsdocExample extends CodeBlock {
  /** Exports of its own file. */
  readonly own: readonly string[];
}

/** All examples of the packages' sources. */
export function tsdocExamples(): readonly TsdocExample[] {
  const files = globSync("packages/*/src/**/*.{ts,tsx}", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name === "dist",
  });
  return files
    .filter((file) => !/\.test\.tsx?$/.test(file) && !file.includes("/testing/"))
    .toSorted()
    .flatMap(examplesOf);
}

/** The path of `file` from the folder of `from`, as an import writes it. */
export function importPath(from: string, file: string): string {
  return relative(dirname(from), file).replaceAll("\\", "/");
}

function examplesOf(file: string): readonly TsdocExample[] {
  const lines = read(file).split("\n");
  const exported = lines.flatMap((line) => {
    const [, name] = /^export (?:async )?(?:function|const|class) (\w+)/.exec(line) ?? [];
    return name === undefined ? [] : [name];
  });
  // An overloaded function is exported more than once.
  const own = [...new Set(exported)];
  const found: TsdocExample[] = [];
  for (let at = 0; at < lines.length; at++) {
    const example = /^ *\* @example$/.test(lines[at - 1] ?? "");
    const [, info] = /^ *\* ```(tsx?)$/.exec(lines[at] ?? "") ?? [];
    if (!example || info === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && /^ *\* ```$/.test(line));
    const code = lines.slice(at + 1, end).map((line) => line.replace(/^ *\* ?/, ""));
    found.push({ file, line: at + 2, info, code: code.join("\n"), prelude: "", own });
    at = end;
  }
  return found;
}
