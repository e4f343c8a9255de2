// Type-checks blocks of code against the sources of the packages, all in one run of the compiler:
// each becomes a module whose lines are those of the document, so that a message names the place.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CodeBlock } from "./markdown.ts";
import { root } from "./markdown.ts";
import type { TsdocExample } from "./tsdoc.ts";

/**
 * Returns what is wrong with the blocks, one line each: `README.md:12: error …`. What is wrong with
 * the sources themselves, `npm run check` says.
 */
export async function typeCheck(
  blocks: readonly (CodeBlock | TsdocExample)[],
): Promise<readonly string[]> {
  const parent = join(root, "node_modules/.cache");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "croft-docs-"));
  try {
    const names = blocks.map((block, index) => {
      const name = `block-${index}.${block.info.startsWith("tsx") ? "tsx" : "ts"}`;
      writeFileSync(join(folder, name), "own" in block ? asFunction(block) : asModule(block));
      return name;
    });
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project(names)));
    const output = await tsc(folder);
    return output
      .split("\n")
      .filter((line) => /block-\d+\.tsx?\(/.test(line))
      .map((line) =>
        line.replace(/^.*?block-(\d+)\.tsx?\((\d+),\d+\)/, (_all, index: string, at: string) => {
          const { file = "?", prelude = "" } = blocks[Number(index)] ?? {};
          const where = at === "1" ? ` (what it takes for granted: ${prelude})` : "";
          return `${file}:${at}${where}`;
        }),
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A block as a program of its own; what is declared before it goes into the first line. */
export function asModule({ prelude, line, code }: CodeBlock): string {
  return `export {}; ${prelude}${"\n".repeat(line - 1)}${code}\n`;
}

function asFunction({ file, own, line, code }: TsdocExample): string {
  const names = own.length === 0 ? "" : `import { ${own.join(", ")} } from "${join(root, file)}"; `;
  // Inside a function an example may use a name again, and cannot export.
  const body = code.replaceAll(/^export /gm, "");
  return `export {}; ${names}async function example() {${"\n".repeat(line - 1)}${body}\n}\n`;
}

function project(files: readonly string[]): object {
  return {
    extends: join(root, "tsconfig.test-base.json"),
    compilerOptions: {
      incremental: false,
      noEmit: true,
      jsx: "react-jsx",
      lib: ["ES2024", "DOM", "DOM.Iterable"],
    },
    files: [...files, join(root, "test/docs/scenery.ts")],
  };
}

async function tsc(folder: string): Promise<string> {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [compiler, "--project", folder, "--pretty", "false"],
      { cwd: folder, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (stderr !== "") reject(new Error(stderr));
        else if (error && stdout === "") reject(error);
        else resolve(stdout);
      },
    );
  });
}
