/** What programs of this package are told: by flags, by the environment, and by a file, in this order. Prints nothing. */

import { readFileSync } from "node:fs";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { CroftError } from "@croft/core";
import { z } from "zod";
import { parseDuration } from "./duration.ts";

/** What a command line asks for. */
export type Command<T> =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly options: T }
  /** One line that says what is wrong. */
  | { readonly kind: "mistake"; readonly message: string };

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How an option is given. */
export interface FlagOfOption {
  /** For example `keep-history`; its variable is `CROFT_KEEP_HISTORY`. */
  readonly flag: string;
  /** What stands for its value in the help; absent for what is said or not. */
  readonly value?: string;
  /** Whether there may be several; in a variable they are separated by commas. */
  readonly repeated?: boolean;
  /** For people, in lines of 68 characters at most. */
  readonly help: readonly string[];
}

/** The flags of a program, by the names of its options. */
export type Flags<K extends string> = Readonly<Record<K, FlagOfOption>>;

/** Where options come from. */
export interface OptionSources {
  readonly args: readonly string[];
  /** Absent where no variables are read. */
  readonly env?: Environment | undefined;
  /** The variables that are read; default: all. */
  readonly variables?: readonly string[] | undefined;
  /** Whether `--config` names a file. Default: no. */
  readonly config?: boolean | undefined;
}

/** Options that were given and are not checked, and how each was named where it was. */
interface Given {
  readonly values: Readonly<Record<string, unknown>>;
  readonly names: ReadonlyMap<string, string>;
}

const CONFIG = "config";

/** Reads options and checks them. */
export function readCommand<T extends z.ZodRawShape>(
  schema: z.ZodObject<T>,
  flags: Flags<keyof T & string>,
  sources: OptionSources,
): Command<z.output<z.ZodObject<T>>> {
  const given = readFlags(flags, sources);
  if ("kind" in given) return given;
  const parsed = schema.safeParse(given.values);
  if (parsed.success) return { kind: "run", options: parsed.data };
  const [issue] = parsed.error.issues;
  const option = String(issue?.path[0] ?? "");
  const known: Readonly<Record<string, FlagOfOption>> = flags;
  const name = given.names.get(option) ?? `--${known[option]?.flag ?? option}`;
  return mistake(name, issue?.message ?? "is invalid");
}

/** The part of a help text that tells the flags, and that which tells their variables. */
export function helpOf(flags: Flags<string>): string {
  return Object.values(flags)
    .map(({ flag, value, help }) => {
      const head = `  --${flag}${value === undefined ? "" : ` <${value}>`}`;
      const [first = "", ...rest] = help;
      const indent = " ".repeat(23);
      const start = head.length < 22 ? [head.padEnd(23) + first] : [head, indent + first];
      return [...start, ...rest.map((line) => indent + line)].join("\n");
    })
    .join("\n");
}

/** The name of a flag's variable. */
export function variableOf(flag: string): string {
  return `CROFT_${flag.toUpperCase().replaceAll("-", "_")}`;
}

/** What an error says to a person. */
export function textOf(error: unknown): string {
  if (!(error instanceof CroftError)) return String(error);
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}

/** Says or not: a flag, `1` or `0`, or true or false in a file. */
export const truth: z.ZodType<boolean> = z.union(
  [
    z.boolean(),
    z
      .string()
      .transform((text) => text.toLowerCase())
      .pipe(z.enum(["1", "true", "0", "false", ""]))
      .transform((text) => text === "1" || text === "true"),
  ],
  "must be 1 or 0",
);

/** A whole number, also as text. */
export function wholeNumber(min: number, max: number): z.ZodType<number> {
  const message = `must be a number from ${min} to ${max}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,15}$/)
          .transform(Number),
      ],
      message,
    )
    .refine((number) => Number.isInteger(number) && number >= min && number <= max, message);
}

/** A time like `12h`, in milliseconds; `none` is what the given word stands for. */
export function duration<const W extends string>(word?: W): z.ZodType<number> {
  const message = `must be like 90s, 30m, 12h or 7d${word === undefined ? "" : `, or ${word}`}`;
  return z
    .string(message)
    .transform((text) => (text === word ? 0 : parseDuration(text)))
    .refine((time) => time !== undefined, message)
    .transform((time) => time ?? 0);
}

/** Text that is there. */
export const filled: z.ZodType<string> = z.string("must be a text").min(1, "must not be empty");

/** Text that a function throws nothing at. */
export function checked(
  check: (text: string) => unknown,
  missing = "must be a text",
): z.ZodType<string> {
  return z.string(missing).superRefine((text, context) => {
    try {
      check(text);
    } catch (error) {
      context.addIssue(textOf(error));
    }
  });
}

/** Several of something. */
export function several<T extends z.ZodType>(each: T): z.ZodArray<T> {
  return z.array(each, "must be a list");
}

function readFlags(flags: Flags<string>, sources: OptionSources): Given | Command<never> {
  const config: ParseArgsOptionsConfig = {
    help: { type: "boolean", short: "h" },
    version: { type: "boolean" },
    ...(sources.config && { [CONFIG]: { type: "string" } }),
  };
  for (const { flag, value, repeated = false } of Object.values(flags)) {
    config[flag] = { type: value === undefined ? "boolean" : "string", multiple: repeated };
  }
  let parsed: Readonly<Record<string, unknown>>;
  try {
    const { args } = sources;
    parsed = parseArgs({ args: [...args], options: config, allowPositionals: false }).values;
  } catch (error) {
    return misread(error);
  }
  if (parsed.help === true) return { kind: "help" };
  if (parsed.version === true) return { kind: "version" };
  const values: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const { env = {} } = sources;
  for (const [option, { flag, repeated }] of Object.entries(flags)) {
    const variable = variableOf(flag);
    const text = sources.variables?.includes(flag) === false ? undefined : env[variable];
    if (parsed[flag] !== undefined) values[option] = parsed[flag];
    // An empty variable is how some shells and containers say that there is none.
    else if (text !== undefined && text !== "") {
      values[option] = repeated ? text.split(",").map((each) => each.trim()) : text;
      names.set(option, variable);
    }
  }
  const named = parsed[CONFIG] ?? env[variableOf(CONFIG)];
  if (!sources.config || typeof named !== "string" || named === "") return { values, names };
  const file = readFile(named, flags);
  if ("kind" in file) return file;
  for (const [option, value] of Object.entries(file.values)) {
    if (option in values) continue;
    values[option] = value;
    names.set(option, `${option} in ${named}`);
  }
  return { values, names };
}

function readFile(path: string, flags: Flags<string>): { values: object } | Command<never> {
  let values: unknown;
  try {
    values = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const isSyntax = error instanceof SyntaxError;
    return mistake(path, `${isSyntax ? "is no JSON" : "cannot be read"}: ${messageOf(error)}`);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    return mistake(path, "must be an object of options");
  }
  const unknown = Object.keys(values).find((option) => !(option in flags));
  if (unknown === undefined) return { values };
  return mistake(path, `has an option that is not known: ${unknown}`);
}

/** Node's own messages go on with advice that fits few cases. */
function misread(error: unknown): Command<never> {
  const [first = ""] = messageOf(error).split(/\. |\n/);
  const what = first.replace(/\.$/, "");
  const [, flag] = /^Option '(--[\w-]+)' argument is ambiguous/.exec(what) ?? [];
  const message = flag
    ? `${flag} needs a value; write ${flag}=… for one that begins with a dash.`
    : `${what}.`;
  return { kind: "mistake", message };
}

function mistake(name: string, message: string): Command<never> {
  const sentence = /^[A-Z]/.test(message) ? `${name}: ${message}` : `${name} ${message}`;
  return { kind: "mistake", message: sentence.endsWith(".") ? sentence : `${sentence}.` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
