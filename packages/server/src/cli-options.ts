/** The command lines of `croft-server` and `croft-token`, and what they mean. Prints nothing. */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { CroftError, isPluginId } from "@croft/core";
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { parseGrant } from "./grant-text.ts";
import { isOrigin } from "./origin.ts";
import {
  DEFAULT_DATA,
  DEFAULT_HOST,
  DEFAULT_PORT,
  type ListenOptions,
  type ServerOptions,
} from "./options.ts";
import { checkSecret, isUserId, MIN_SECRET_LENGTH, type MintOptions } from "./token.ts";
import { isWorkspaceName } from "./workspace-name.ts";

/** What a command line asks for. */
export type Command<T> =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly options: T }
  /** One line that says what is wrong. */
  | { readonly kind: "mistake"; readonly message: string };

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What `croft-server --help` prints. */
export const SERVER_HELP: string = `croft-server: keeps workspaces and syncs them with every device

Usage: croft-server --secret <secret> [options]

  --secret <text>      what tokens are signed with, ${MIN_SECRET_LENGTH} characters or more; rather use
                       the environment, since other users can see command lines
  --anonymous-access   lets everybody who reaches the port in without a token, as a guest
                       who may write everything but other users' app/users documents
  --port <number>      default ${DEFAULT_PORT}; 0 takes any free port
  --host <address>     default ${DEFAULT_HOST}, this machine alone; 0.0.0.0 is everywhere
  --data <directory>   one SQLite file per workspace; default ./${DEFAULT_DATA}
  --origin <origin>    a web page's origin that may connect, as https://app.example.org, or *;
                       may be repeated; default: any, but with --anonymous-access only pages
                       of this machine or of the server's own address
  --recover            after a restore from an older backup: takes back from devices what the
                       server lost; who comes first speaks for lost edits of others too, so
                       use it only until the devices are back
  --keep-deleted <time>
                       how long what was deleted can be brought back, as 12h or 30d, or none;
                       default 30d
  --keep-history <time>
                       how long it is kept who changed what in a document, and what it was
                       before, as 12h or 30d, or none; default 30d
  --help, --version

Environment: CROFT_SECRET, CROFT_ANONYMOUS_ACCESS (1 or 0), CROFT_PORT, CROFT_HOST, CROFT_DATA,
CROFT_ORIGIN (separated by commas), CROFT_RECOVER (1 or 0), CROFT_KEEP_DELETED, CROFT_KEEP_HISTORY.
Options on the command line win.

Sessions are at ws://<host>:<port>/sync/<workspace>, the server's health is at /health.
SIGTERM and SIGINT commit what has arrived and close; a second one ends at once.
Make tokens for development with croft-token.
`;

/** What `croft-token --help` prints. */
export const TOKEN_HELP: string = `croft-token: prints a token for one user of one workspace

Usage: croft-token --secret <secret> --workspace <name> --user <id> [options]

  --secret <text>      the server's; or the environment variable CROFT_SECRET
  --workspace <name>   the workspace that the token admits to
  --user <id>          the user's id
  --grant <grant>      a path pattern and read, write or none, as 'notes/**:write';
                       may be repeated; default '**:write'
  --plugin <id>        admits this plugin alone, acting for the user: to its own subtree
  --plugin-grant <grant>
                       and to this, as far as the user may; may be repeated
  --expires <time>     as 90s, 30m, 12h or 7d, or never; default 12h
  --help, --version
`;

const port = z
  .string()
  .regex(/^\d{1,5}$/, "must be a number from 0 to 65535")
  .transform(Number)
  .refine((number) => number <= 65_535, "must be a number from 0 to 65535");
const filled = z.string().min(1, "must not be empty");
const secret = z.string().superRefine((text, context) => {
  try {
    checkSecret(text);
  } catch (error) {
    context.addIssue(textOf(error));
  }
});
const origin = z.string().refine(isOrigin, "must be like https://app.example.org, or *");
const truth = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(["1", "true", "0", "false", ""], "must be 1 or 0"))
  .transform((text) => text === "1" || text === "true");

const keptFor = z
  .string()
  .transform((text) => (text === "none" ? 0 : parseDuration(text)))
  .refine((time) => time !== undefined, "must be like 90s, 30m, 12h or 7d, or none");

const serverSchema = z.object({
  port: port.optional(),
  host: filled.optional(),
  data: filled.optional(),
  secret: secret.optional(),
  origin: z.array(origin).optional(),
  "anonymous-access": z.union([z.boolean(), truth], "must be 1 or 0").default(false),
  recover: z.union([z.boolean(), truth], "must be 1 or 0").default(false),
  "keep-deleted": keptFor.optional(),
  "keep-history": keptFor.optional(),
});

const grants = z.array(
  z.string().superRefine((text, context) => {
    try {
      parseGrant(text);
    } catch (error) {
      context.addIssue(textOf(error));
    }
  }),
);

const tokenSchema = z.object({
  secret,
  workspace: z.string().refine(isWorkspaceName, "is no name that a workspace can have"),
  user: z.string().refine(isUserId, "is no id that a user can have"),
  grant: grants.optional(),
  plugin: z.string().refine(isPluginId, "is no id that a plugin can have").optional(),
  "plugin-grant": grants.optional(),
  expires: z
    .string()
    .transform((text) => (text === "never" ? text : parseDuration(text)))
    .refine((time) => time !== undefined, "must be like 90s, 30m, 12h or 7d, or never")
    .optional(),
});

/** Reads the command line and the environment of `croft-server`. */
export function parseServerCommand(
  args: readonly string[],
  env: Environment,
): Command<ServerOptions & ListenOptions> {
  const flags = parseFlags(args, {
    port: { type: "string" },
    host: { type: "string" },
    data: { type: "string" },
    secret: { type: "string" },
    origin: { type: "string", multiple: true },
    "anonymous-access": { type: "boolean" },
    recover: { type: "boolean" },
    "keep-deleted": { type: "string" },
    "keep-history": { type: "string" },
  });
  if ("kind" in flags) return flags;
  const given = withEnvironment(flags.values, env, {
    port: env.CROFT_PORT,
    host: env.CROFT_HOST,
    data: env.CROFT_DATA,
    secret: env.CROFT_SECRET,
    origin: env.CROFT_ORIGIN?.split(",").map((text) => text.trim()),
    "anonymous-access": env.CROFT_ANONYMOUS_ACCESS,
    recover: env.CROFT_RECOVER,
    "keep-deleted": env.CROFT_KEEP_DELETED,
    "keep-history": env.CROFT_KEEP_HISTORY,
  });
  const parsed = serverSchema.safeParse(given.values);
  if (!parsed.success) return mistake(parsed.error, given.fromEnvironment);
  const {
    origin: origins,
    "anonymous-access": anonymousAccess,
    "keep-deleted": keepDeleted,
    "keep-history": keepHistory,
    ...rest
  } = parsed.data;
  if (rest.secret === undefined && !anonymousAccess) {
    return {
      kind: "mistake",
      message:
        "A secret is needed: --secret or CROFT_SECRET. (--anonymous-access lets everybody in without.)",
    };
  }
  return { kind: "run", options: { ...rest, origins, anonymousAccess, keepDeleted, keepHistory } };
}

/** Reads the command line and the environment of `croft-token`. */
export function parseTokenCommand(args: readonly string[], env: Environment): Command<MintOptions> {
  const flags = parseFlags(args, {
    secret: { type: "string" },
    workspace: { type: "string" },
    user: { type: "string" },
    grant: { type: "string", multiple: true },
    plugin: { type: "string" },
    "plugin-grant": { type: "string", multiple: true },
    expires: { type: "string" },
  });
  if ("kind" in flags) return flags;
  const given = withEnvironment(flags.values, env, { secret: env.CROFT_SECRET });
  for (const name of ["secret", "workspace", "user"]) {
    if (given.values[name] === undefined) {
      return { kind: "mistake", message: `--${name} is needed.` };
    }
  }
  const parsed = tokenSchema.safeParse(given.values);
  if (!parsed.success) return mistake(parsed.error, given.fromEnvironment);
  const { secret: key, workspace, user, grant, expires, plugin: id } = parsed.data;
  const pluginGrants = parsed.data["plugin-grant"];
  if (pluginGrants && id === undefined) {
    return { kind: "mistake", message: "--plugin-grant needs --plugin." };
  }
  const plugin = id === undefined ? undefined : { id, grants: pluginGrants };
  return {
    kind: "run",
    options: { secret: key, workspace, user, grants: grant, plugin, expiresIn: expires },
  };
}

type Values = Readonly<Record<string, unknown>>;

function parseFlags(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
): { readonly values: Values } | Command<never> {
  const all: ParseArgsOptionsConfig = {
    ...options,
    help: { type: "boolean", short: "h" },
    version: { type: "boolean" },
  };
  try {
    const { values } = parseArgs({ args: [...args], options: all, allowPositionals: false });
    if (values.help === true) return { kind: "help" };
    if (values.version === true) return { kind: "version" };
    return { values };
  } catch (error) {
    // Node's own messages go on with advice that fits few cases.
    const [first = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    const what = first.replace(/\.$/, "");
    const [, flag] = /^Option '(--[\w-]+)' argument is ambiguous/.exec(what) ?? [];
    const message = flag
      ? `${flag} needs a value; write ${flag}=… for one that begins with a dash.`
      : `${what}.`;
    return { kind: "mistake", message };
  }
}

function withEnvironment(
  flags: Values,
  env: Environment,
  variables: Values,
): { readonly values: Values; readonly fromEnvironment: ReadonlySet<string> } {
  const fromEnvironment = new Set<string>();
  const values: Record<string, unknown> = { ...flags };
  for (const [name, value] of Object.entries(variables)) {
    // An empty variable is how some shells and containers say that there is none.
    const empty = env[variableOf(name)] === undefined || env[variableOf(name)] === "";
    if (empty || values[name] !== undefined) continue;
    values[name] = value;
    fromEnvironment.add(name);
  }
  return { values, fromEnvironment };
}

function variableOf(flag: string): string {
  return `CROFT_${flag.toUpperCase().replaceAll("-", "_")}`;
}

function mistake(error: z.ZodError, fromEnvironment: ReadonlySet<string>): Command<never> {
  const [issue] = error.issues;
  const flag = String(issue?.path[0] ?? "");
  const name = fromEnvironment.has(flag) ? variableOf(flag) : `--${flag}`;
  const message = issue?.message ?? "is invalid";
  const sentence = /^[A-Z]/.test(message) ? `${name}: ${message}` : `${name} ${message}`;
  return { kind: "mistake", message: sentence.endsWith(".") ? sentence : `${sentence}.` };
}

function textOf(error: unknown): string {
  if (!(error instanceof CroftError)) return String(error);
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}
