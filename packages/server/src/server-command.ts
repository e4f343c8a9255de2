/** The command line of `croft-server`, and what it means. Prints nothing. */

import { z } from "zod";
import {
  checked,
  type Command,
  duration,
  type Environment,
  filled,
  type Flags,
  helpOf,
  readCommand,
  several,
  truth,
  wholeNumber,
} from "./command-line.ts";
import { isOrigin } from "./origin.ts";
import {
  DEFAULT_DATA,
  DEFAULT_HOST,
  DEFAULT_PORT,
  type ListenOptions,
  type ServerOptions,
} from "./options.ts";
import { namedWebhook, webhooksOf } from "./webhooks/named-webhooks.ts";
import { subcommands } from "./subcommands.ts";
import { checkSecret, MIN_SECRET_LENGTH } from "./token-keys.ts";

const secret = checked(checkSecret);

const amount = wholeNumber(1, 2 ** 50);

const schema = z.object({
  secret: secret.optional(),
  formerSecrets: several(secret).optional(),
  jwks: z
    .url({ protocol: /^https?$/, error: "must be an address, as https://login.example.org/keys" })
    .optional(),
  issuers: several(filled).optional(),
  audience: filled.optional(),
  clockTolerance: duration("none").optional(),
  anonymousAccess: truth.default(false),
  port: wholeNumber(0, 65_535).optional(),
  host: filled.optional(),
  data: filled.optional(),
  postgres: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: "must be an address, as postgres://user:password@host/database",
    })
    .optional(),
  postgresSchema: filled.optional(),
  postgresConnections: wholeNumber(1, 1000).optional(),
  redis: z
    .url({ protocol: /^rediss?$/, error: "must be an address, as redis://host:6379" })
    .optional(),
  backup: filled.optional(),
  backupEvery: duration().optional(),
  backupKeep: duration().optional(),
  origins: several(
    z.string("must be a text").refine(isOrigin, "must be like https://app.example.org, or *"),
  ).optional(),
  proxies: wholeNumber(0, 16).optional(),
  maxSessions: wholeNumber(1, 10_000_000).optional(),
  maxWaitingPerAddress: wholeNumber(1, 1_000_000).optional(),
  maxRefusedPerAddress: wholeNumber(1, 1_000_000).optional(),
  drainTime: duration("none").optional(),
  workspaceBytes: amount.optional(),
  workspaceDocuments: amount.optional(),
  userUpdates: amount.optional(),
  userBytes: amount.optional(),
  connectionUpdates: amount.optional(),
  connectionBytes: amount.optional(),
  webhooks: several(namedWebhook).optional(),
  webhookSecret: filled.optional(),
  metricsPort: wholeNumber(0, 65_535).optional(),
  metricsHost: filled.optional(),
  tracing: truth.optional(),
  recover: truth.default(false),
  keepDeleted: duration("none").optional(),
  keepHistory: duration("none").optional(),
  keepAudit: duration().optional(),
  access: z.enum(["token", "members"], "must be token or members").optional(),
});

const FLAGS: Flags<keyof z.infer<typeof schema>> = {
  secret: {
    flag: "secret",
    value: "text",
    help: [
      `what tokens are signed with, ${MIN_SECRET_LENGTH} characters or more; rather use the`,
      "environment, since other users can see command lines",
    ],
  },
  formerSecrets: {
    flag: "former-secret",
    value: "text",
    repeated: true,
    help: ["a secret of before, whose tokens are good until they end; may be", "repeated"],
  },
  jwks: {
    flag: "jwks",
    value: "address",
    help: [
      "where an identity provider publishes the public keys that tokens",
      "are signed with, as https://login.example.org/keys",
    ],
  },
  issuers: {
    flag: "issuer",
    value: "text",
    repeated: true,
    help: ["who may issue tokens (iss); may be repeated; default: who has the", "keys"],
  },
  audience: {
    flag: "audience",
    value: "text",
    help: ["whom tokens must be for (aud); default croft"],
  },
  clockTolerance: {
    flag: "clock-tolerance",
    value: "time",
    help: ["how much the clocks of issuer and server may differ; default 30s"],
  },
  anonymousAccess: {
    flag: "anonymous-access",
    help: [
      "lets everybody who reaches the port in without a token, as a guest",
      "who may write everything but other users' app/users documents",
    ],
  },
  port: {
    flag: "port",
    value: "number",
    help: [`default ${DEFAULT_PORT}; 0 takes any free port`],
  },
  host: {
    flag: "host",
    value: "address",
    help: [`default ${DEFAULT_HOST}, this machine alone; 0.0.0.0 is everywhere`],
  },
  data: {
    flag: "data",
    value: "directory",
    help: [`one SQLite file per workspace; default ./${DEFAULT_DATA}`],
  },
  postgres: {
    flag: "postgres",
    value: "address",
    help: [
      "a PostgreSQL database that keeps the workspaces instead, as",
      "postgres://croft@db.example.org/croft, and that several servers",
      "may share; rather use the environment where it has a password",
    ],
  },
  postgresSchema: {
    flag: "postgres-schema",
    value: "name",
    help: ["schema for the tables there; default croft"],
  },
  postgresConnections: {
    flag: "postgres-connections",
    value: "number",
    help: ["most connections to it, and one more for hints; default 10"],
  },
  redis: {
    flag: "redis",
    value: "address",
    help: [
      "a Redis server that carries hints between servers on one",
      "database, as redis://cache.example.org; default: the database does",
    ],
  },
  backup: {
    flag: "backup",
    value: "directory",
    help: [
      "backs workspaces up there while it runs, so that croft-server restore",
      "can make them as they were at any moment; default not at all",
    ],
  },
  backupEvery: {
    flag: "backup-every",
    value: "time",
    help: ["how often the file of a workspace that changes is copied; default 1d"],
  },
  backupKeep: {
    flag: "backup-keep",
    value: "time",
    help: ["how far back any moment can be restored; default 7d"],
  },
  origins: {
    flag: "origin",
    value: "origin",
    repeated: true,
    help: [
      "a web page's origin that may connect, as https://app.example.org,",
      "or *; may be repeated; default: any, but with --anonymous-access",
      "only pages of this machine or of the server's own address",
    ],
  },
  proxies: {
    flag: "proxies",
    value: "number",
    help: [
      "how many proxies of your own are in front, which each add to",
      "X-Forwarded-For whom they talk to; default 0",
    ],
  },
  maxSessions: {
    flag: "max-sessions",
    value: "number",
    help: ["most sessions at a time; more are told to come back; default 10000"],
  },
  maxWaitingPerAddress: {
    flag: "max-waiting-per-address",
    value: "number",
    help: ["most sockets of one address that were not let in yet; default 200"],
  },
  maxRefusedPerAddress: {
    flag: "max-refused-per-address",
    value: "number",
    help: ["most refused tokens of one address in a row; default 100"],
  },
  drainTime: {
    flag: "drain-time",
    value: "time",
    help: ["over how long sessions are sent away before it ends, as 10s; default", "none, at once"],
  },
  webhooks: {
    flag: "webhook",
    value: "address",
    repeated: true,
    help: [
      "is told of changes by signed requests; may be repeated; in the file",
      'also objects: { "url": …, "secret": …, "paths": ["notes/**"] }',
    ],
  },
  webhookSecret: {
    flag: "webhook-secret",
    value: "text",
    help: [
      "what these requests are signed with: whsec_ and 24 bytes or more in",
      "base64; rather use the environment",
    ],
  },
  workspaceBytes: {
    flag: "quota-workspace-bytes",
    value: "number",
    help: ["most bytes of a workspace's documents; over a quota edits wait"],
  },
  workspaceDocuments: {
    flag: "quota-workspace-documents",
    value: "number",
    help: ["most documents of a workspace"],
  },
  userUpdates: {
    flag: "quota-user-updates",
    value: "number",
    help: ["most edits a second of a user"],
  },
  userBytes: {
    flag: "quota-user-bytes",
    value: "number",
    help: ["most bytes of edits a second of a user"],
  },
  connectionUpdates: {
    flag: "quota-connection-updates",
    value: "number",
    help: ["most edits a second over one connection"],
  },
  connectionBytes: {
    flag: "quota-connection-bytes",
    value: "number",
    help: ["most bytes of edits a second over one connection"],
  },
  metricsPort: {
    flag: "metrics-port",
    value: "number",
    help: ["tells figures to Prometheus at /metrics there; default not at all"],
  },
  metricsHost: {
    flag: "metrics-host",
    value: "address",
    help: [`where that port listens; default ${DEFAULT_HOST}`],
  },
  tracing: {
    flag: "tracing",
    help: [
      "makes spans for OpenTelemetry, whose SDK the process starts by",
      "itself (node --import); needs the package @opentelemetry/api",
    ],
  },
  recover: {
    flag: "recover",
    help: [
      "after a restore from an older backup: takes back from devices what",
      "the server lost; who comes first speaks for lost edits of others",
      "too, so use it only until the devices are back",
    ],
  },
  keepDeleted: {
    flag: "keep-deleted",
    value: "time",
    help: ["how long what was deleted can be brought back, as 12h or 30d, or", "none; default 30d"],
  },
  keepHistory: {
    flag: "keep-history",
    value: "time",
    help: [
      "how long it is kept who changed what in a document, and what it",
      "was before, as 12h or 30d, or none; default 30d",
    ],
  },
  access: {
    flag: "access",
    value: "what",
    help: [
      "what decides who may do what: token, its grants alone, or members,",
      "also whether its user is a member; default token",
    ],
  },
  keepAudit: {
    flag: "keep-audit",
    value: "time",
    help: ["how long it is kept who administered what; default 365d"],
  },
};

/** What `croft-server --help` prints. */
export const SERVER_HELP: string = `croft-server: keeps workspaces and syncs them with every device

Usage: croft-server --secret <text> [options]
${subcommands.map(({ name, about }) => `       croft-server ${name.padEnd(8)} ${about}`).join("\n")}

${helpOf(FLAGS)}
  --config <file>      a JSON file with options by their names, as
                       { "port": 8787, "keepHistory": "30d", "anonymousAccess": true }
  --help, --version

Each option has a variable in the environment, as CROFT_PORT and CROFT_KEEP_HISTORY (1 or 0 for
what is said or not; several values are separated by commas), and a name in the file, as port and
keepHistory; those that may be repeated are lists there: formerSecrets, issuers, origins. The
command line wins over the environment, and that over the file.

Sessions are at ws://<host>:<port>/sync/<workspace>, those of y-websocket clients at
/y/<workspace>/<document>; documents over HTTP at /api/<workspace>/documents, health at /health.
SIGTERM and SIGINT send sessions away, commit what has arrived and close; a second one ends it.
Make tokens for development with croft-token.
`;

/** Reads the command line, the environment and the file of `croft-server`. */
export function parseServerCommand(
  args: readonly string[],
  env: Environment,
): Command<ServerOptions & ListenOptions & { readonly tracing?: boolean | undefined }> {
  const command = readCommand(schema, FLAGS, { args, env, config: true });
  if (command.kind !== "run") return command;
  const { backup: directory, backupEvery: every, backupKeep: keep, ...others } = command.options;
  const { webhooks: named = [], webhookSecret, ...rest } = others;
  const { workspaceBytes, workspaceDocuments, userUpdates, userBytes, ...last } = rest;
  const { connectionUpdates, connectionBytes, ...options } = last;
  const quotas = {
    ...{ workspaceBytes, workspaceDocuments, userUpdates, userBytes },
    ...{ connectionUpdates, connectionBytes },
  };
  const hasQuotas = Object.values(quotas).some((quota) => quota !== undefined);
  const { secret: key, jwks, anonymousAccess } = options;
  if (directory === undefined && (every ?? keep) !== undefined) {
    return { kind: "mistake", message: "Say where backups are to be: --backup or CROFT_BACKUP." };
  }
  const backup = directory === undefined ? undefined : { directory, every, keep };
  const told = webhooksOf(named, webhookSecret);
  if ("mistake" in told) return { kind: "mistake", message: told.mistake };
  if (key !== undefined || jwks !== undefined || anonymousAccess) {
    const { webhooks } = told;
    const more = {
      ...(backup && { backup }),
      ...(webhooks.length > 0 && { webhooks }),
      ...(hasQuotas && { quotas }),
    };
    return { kind: "run", options: { ...options, ...more } };
  }
  return {
    kind: "mistake",
    message:
      "A secret is needed: --secret or CROFT_SECRET. (Or --jwks; --anonymous-access lets everybody in without.)",
  };
}
