/** The command line of `croft-plugin`, and what it means. Prints nothing. */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** What a command line asks for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** One line that says what is wrong. */
  | { readonly kind: "mistake"; readonly message: string }
  | {
      readonly kind: "init";
      readonly folder: string;
      readonly id: string | undefined;
      readonly name: string | undefined;
      readonly publisher: string | undefined;
    }
  | { readonly kind: "dev"; readonly folder: string; readonly port: number }
  | { readonly kind: "check"; readonly folder: string }
  | {
      readonly kind: "pack";
      readonly folder: string;
      readonly out: string | undefined;
      readonly key: string | undefined;
    }
  | { readonly kind: "keygen"; readonly out: string }
  | { readonly kind: "sign"; readonly file: string; readonly key: string }
  | {
      readonly kind: "verify";
      readonly file: string;
      readonly publisher: string | undefined;
      readonly unsigned: boolean;
    }
  | { readonly kind: "index"; readonly folder: string };

/** Where keys are looked for and written unless another file is named. */
export const DEFAULT_KEY_FILE = "publisher.key";

/** Where `dev` offers a plugin unless another port is named. */
export const DEFAULT_PORT = 5180;

/** What `croft-plugin --help` prints. */
export const HELP: string = `croft-plugin: starts, tries, checks, packs, signs and verifies plugins for croft

Usage: croft-plugin <command> [options]

  init <folder>      writes a new plugin with types and a test
      --id <id>          lower-case words, as word-count; default: the folder's name
      --name <text>      as people see it; default: made of the id
      --publisher <text> who makes it
  dev [folder]       bundles it whenever it is saved, for an application that runs on this machine
      --port <number>    where it is offered; default: ${DEFAULT_PORT}
  check [folder]     bundles the plugin, runs what it defines in a worker, and says what is wrong
  pack [folder]      checks it, and writes it into one file
      --out <file>       default: <id>-<version>.croft
      --key <file>       signs it, too
  keygen             makes a publisher's keys
      --out <file>       default: ${DEFAULT_KEY_FILE}; keep it, and keep it to yourself
  sign <package>     signs a package, in place of whoever signed it before
      --key <file>       default: ${DEFAULT_KEY_FILE}
  verify <package>   checks every byte of a package, and says what is in it and who signed it
      --publisher <key>  fails unless it was signed with this key
      --unsigned         does not fail when nobody signed it
  index [folder]     writes registry.json for the packages in a folder: the list from which applications install
  --help, --version

A plugin is a folder with manifest.json, src/main.ts (or .tsx, .js, .jsx), and, where there are, assets/, LICENSE and README.md.
Ends with 0 when all is well, 1 when something is wrong with the plugin, 2 when the command line is.
`;

const OPTIONS = {
  init: { id: { type: "string" }, name: { type: "string" }, publisher: { type: "string" } },
  dev: { port: { type: "string" } },
  check: {},
  pack: { out: { type: "string" }, key: { type: "string" } },
  keygen: { out: { type: "string" } },
  sign: { key: { type: "string" } },
  verify: { publisher: { type: "string" }, unsigned: { type: "boolean" } },
  index: {},
} as const satisfies Readonly<Record<string, ParseArgsOptionsConfig>>;

/** Reads the command line, without node and the script. */
export function parseCommandLine(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    return { kind: "help" };
  }
  if (first === "--version") return { kind: "version" };
  if (!isCommand(first)) return mistake(`There is no command ${JSON.stringify(first)}.`);
  if (rest.includes("--help")) return { kind: "help" };
  try {
    return parseOptions(first, rest);
  } catch (error) {
    // The first sentence of Node's message names the option; what follows is advice about Node.
    const [text = ""] = String(error instanceof Error ? error.message : error).split(". ");
    return mistake(`${text.replace(/\.$/, "")}.`);
  }
}

function parseOptions(kind: keyof typeof OPTIONS, args: string[]): Command {
  switch (kind) {
    case "init": {
      const { values, positionals } = read(args, OPTIONS.init);
      const { id, name, publisher } = values;
      return one(positionals, "a folder for the plugin", (folder) => {
        return { kind, folder, id, name, publisher };
      });
    }
    case "dev": {
      const { values, positionals } = read(args, OPTIONS.dev);
      const port = Number(values.port ?? DEFAULT_PORT);
      if (!/^\d+$/.test(values.port ?? "0") || port > 65_535) {
        return mistake(`${JSON.stringify(values.port)} is no port.`);
      }
      return atMostOne(positionals, (folder) => ({ kind, folder, port }));
    }
    case "check":
    case "index":
      return atMostOne(read(args, OPTIONS[kind]).positionals, (folder) => ({ kind, folder }));
    case "pack": {
      const { values, positionals } = read(args, OPTIONS.pack);
      const { out, key } = values;
      return atMostOne(positionals, (folder) => ({ kind, folder, out, key }));
    }
    case "keygen": {
      const { values, positionals } = read(args, OPTIONS.keygen);
      if (positionals.length > 0) return mistake("keygen takes options only.");
      return { kind, out: values.out ?? DEFAULT_KEY_FILE };
    }
    case "sign": {
      const { values, positionals } = read(args, OPTIONS.sign);
      const key = values.key ?? DEFAULT_KEY_FILE;
      return one(positionals, "a package", (file) => ({ kind, file, key }));
    }
    case "verify": {
      const { values, positionals } = read(args, OPTIONS.verify);
      const { publisher, unsigned = false } = values;
      return one(positionals, "a package", (file) => ({ kind, file, publisher, unsigned }));
    }
  }
}

function read<T extends ParseArgsOptionsConfig>(
  args: string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>> {
  return parseArgs({ args: withDashes(args), options, allowPositionals: true });
}

/** One key in 64 begins with a dash, and Node takes what does for another option. */
function withDashes(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (joined.at(-1) === "--publisher" && isKey(arg)) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function isKey(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

function one(found: readonly string[], what: string, make: (found: string) => Command): Command {
  const [first, ...more] = found;
  if (first === undefined) return mistake(`Name ${what}.`);
  return more.length > 0 ? mistake(`Name one of them, not ${found.length}.`) : make(first);
}

function atMostOne(found: readonly string[], make: (folder: string) => Command): Command {
  return found.length > 1 ? mistake("Name one folder.") : make(found[0] ?? ".");
}

function isCommand(text: string): text is keyof typeof OPTIONS {
  return Object.hasOwn(OPTIONS, text);
}

function mistake(message: string): Command {
  return { kind: "mistake", message };
}
