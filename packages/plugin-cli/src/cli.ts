#!/usr/bin/env node
/** The command `croft-plugin`. */

import { CroftError } from "@croft/core";
import { type Command, HELP, parseCommandLine } from "./command-line.ts";
import { version } from "./version.ts";

try {
  const command = parseCommandLine(process.argv.slice(2));
  if (command.kind === "mistake") {
    process.stderr.write(`croft-plugin: ${command.message} See croft-plugin --help.\n`);
    process.exitCode = 2;
  } else {
    const lines = await run(command);
    process.stdout.write(`${lines.join("\n").trimEnd()}\n`);
  }
} catch (error) {
  const expected = error instanceof CroftError;
  const lines = expected ? [error.message, error.hint] : [String(Object(error).stack ?? error)];
  process.stderr.write(`croft-plugin: ${lines.filter(Boolean).join("\n")}\n`);
  process.exitCode = 1;
}

async function run(command: Exclude<Command, { kind: "mistake" }>): Promise<readonly string[]> {
  switch (command.kind) {
    case "help":
      return [HELP];
    case "version":
      return [version];
    case "init": {
      const { describeStart, initPlugin } = await import("./init.ts");
      return describeStart(command.folder, await initPlugin({ ...command, version }));
    }
    case "dev": {
      const { develop } = await import("./dev.ts");
      const controller = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => controller.abort());
      const print = (line: string): boolean => process.stdout.write(`${line}\n`);
      await develop({ ...command, print, signal: controller.signal });
      return ["Ended."];
    }
    default: {
      // Loaded when it is needed: --help is quick.
      const commands = await import("./commands.ts");
      return commands.run(command);
    }
  }
}
