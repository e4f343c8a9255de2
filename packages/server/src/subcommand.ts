/** Commands of `croft-server` beside the server itself: each reads its flags, does one thing and ends. */

import type { z } from "zod";
import { type Environment, type Flags, helpOf, readCommand, textOf } from "./command-line.ts";

/** Where a command writes: lines for people or programs, and what is wrong. */
export interface Terminal {
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** A command of `croft-server`. */
export interface Subcommand {
  readonly name: string;
  /** In a few words. */
  readonly about: string;
  /** Runs it; returns the exit code. */
  run(args: readonly string[], env: Environment, terminal: Terminal): Promise<number>;
}

/** What {@link defineSubcommand} needs to know. */
export interface SubcommandDefinition<T extends z.ZodRawShape> {
  readonly name: string;
  readonly about: string;
  readonly schema: z.ZodObject<T>;
  readonly flags: Flags<keyof T & string>;
  /** Does it. What it throws is told, and ends the command with exit code 1. */
  run(options: z.output<z.ZodObject<T>>, print: (line: string) => void): Promise<void>;
}

/** Makes a command of its flags and what it does. */
export function defineSubcommand<T extends z.ZodRawShape>(
  definition: SubcommandDefinition<T>,
): Subcommand {
  const { name, about, schema, flags } = definition;
  const program = `croft-server ${name}`;
  const help = `${program}: ${about}\n\nUsage: ${program} [options]\n\n${helpOf(flags)}\n  --help`;
  return {
    name,
    about,
    async run(args, env, { print, complain }) {
      const command = readCommand(schema, flags, { args, env });
      switch (command.kind) {
        case "help":
        case "version":
          print(help);
          return 0;
        case "mistake":
          complain(`${program}: ${command.message} See ${program} --help.`);
          return 2;
        case "run":
          try {
            await definition.run(command.options, print);
            return 0;
          } catch (error) {
            complain(`${program}: ${textOf(error)}`);
            return 1;
          }
      }
    },
  };
}
