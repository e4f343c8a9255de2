#!/usr/bin/env node
/** `npm create @croft/plugin [folder]`: asks for what was not said, where there is somebody to ask. */

import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { CroftError } from "@croft/core";
import { describeStart, initPlugin, version } from "@croft/plugin-cli";

try {
  const answers = await ask();
  const files = await initPlugin({ ...answers, version });
  process.stdout.write(`${describeStart(answers.folder, files).join("\n")}\n`);
} catch (error) {
  const expected = error instanceof CroftError;
  const lines = expected ? [error.message, error.hint] : [String(Object(error).message ?? error)];
  process.stderr.write(`create-plugin: ${lines.filter(Boolean).join("\n")}\n`);
  process.exitCode = 1;
}

interface Answers {
  readonly folder: string;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly publisher: string | undefined;
}

async function ask(): Promise<Answers> {
  const { values, positionals } = parseArgs({
    options: { id: { type: "string" }, name: { type: "string" }, publisher: { type: "string" } },
    allowPositionals: true,
  });
  const { id, name, publisher } = values;
  const [folder] = positionals;
  if (folder !== undefined) return { folder, id, name, publisher };
  if (!process.stdin.isTTY) {
    throw new CroftError("input/invalid", "Name a folder for the plugin.", {
      hint: "For example: npm create @croft/plugin word-count",
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const asked = await lines.question("Folder (word-count): ");
    return {
      folder: asked.trim() || "word-count",
      id,
      name: name ?? ((await lines.question("Name, as people see it: ")).trim() || undefined),
      publisher: publisher ?? (await lines.question("Who makes it: ")).trim(),
    };
  } finally {
    lines.close();
  }
}
