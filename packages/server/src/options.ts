/** The options of a server: their types, their defaults, and the check at the boundary. */

import { type Clock, CroftError, limits, type Store, systemClock } from "@croft/core";
import { z } from "zod";
import { type Log, logToStderr } from "./log.ts";
import type { Authenticate } from "./authenticate.ts";
import type { BackupOptions } from "./backup/backed-up-stores.ts";
import { isOrigin } from "./origin.ts";
import type { Quotas } from "./quotas/quotas.ts";
import { checkSecret } from "./token-keys.ts";
import type { Tracer } from "./tracing.ts";
import {
  type WebhookOptions,
  webhookSchema,
  type WebhookSettings,
} from "./webhooks/webhook-options.ts";
import type { TokenVerifierOptions } from "./token.ts";

/**
 * What a server needs to know; see also {@link ListenOptions}. It lets in whoever has a good token (`secret`, `jwks`), whom
 * `authenticate` says yes to, or with `anonymousAccess` everybody: one of them is needed.
 */
export interface ServerOptions extends Omit<TokenVerifierOptions, "onProblem"> {
  /**
   * Tells who somebody is, in place of tokens: your own sessions, or tokens with other claims ({@link createTokenVerifier} helps). It
   * is asked at each greeting and whenever a client comes with another token, also while tokens are checked that nobody has: bound
   * its time. What it throws is logged, and the client tries again later. There is an example in the package's README.
   */
  readonly authenticate?: Authenticate | undefined;
  /**
   * Lets everybody who reaches the port in as a guest who may write everything but other users'
   * `app/users` documents. Default: false.
   */
  readonly anonymousAccess?: boolean | undefined;
  /**
   * Takes back from devices what the server lost, after a restore from an older backup. Who comes
   * first speaks for lost edits of others too: use it only until the devices are back. Without it
   * such devices wait, and lose nothing. Default: false.
   */
  readonly recover?: boolean | undefined;
  /**
   * How long the content of a deleted document is kept, so that it can be brought back, in milliseconds; 0 for
   * not at all. Default: 30 days.
   */
  readonly keepDeleted?: number | undefined;
  /**
   * How long the history of documents is kept, in milliseconds: who changed what, and when, and what it was before; 0 for not at
   * all. Of a document that is four times its size at most, or 4 MiB. Default: 30 days.
   */
  readonly keepHistory?: number | undefined;
  /**
   * How long the audit log of administration is kept, in milliseconds: who changed what at members, roles, groups, invitations and
   * revoked tokens. Default: 365 days.
   */
  readonly keepAudit?: number | undefined;
  /** Directory for one SQLite file per workspace; made if missing. Default: `.croft/data`. */
  readonly data?: string | undefined;
  /**
   * A PostgreSQL database (14 or newer) that keeps the workspaces instead, as `postgres://croft@db.example.org/croft`. Any number of
   * servers may share it: a client is served by whichever it reaches.
   */
  readonly postgres?: string | undefined;
  /** Schema for the tables there; made if it is missing. Default: `croft`. */
  readonly postgresSchema?: string | undefined;
  /** Most connections to the database, and one more for hints. Default: 10. */
  readonly postgresConnections?: number | undefined;
  /**
   * A Redis server that carries hints between servers on one database, as `redis://cache.example.org`. Default: the database does.
   */
  readonly redis?: string | undefined;
  /** Opens the store of a workspace instead. */
  readonly openStore?: ((workspace: string) => Promise<Store>) | undefined;
  /**
   * Backs the SQLite files up while the server runs, so that they can be restored as they were at any moment
   * ({@link restoreWorkspaces}). Default: not at all.
   */
  readonly backup?: BackupOptions | undefined;
  /**
   * Web pages that may connect, as origins (`https://app.example.org`), or `*`. Default: any where
   * tokens are needed; with anonymous access only pages of this machine or address.
   */
  readonly origins?: readonly string[] | undefined;
  /** Workspaces are below this path. Default: `/sync`. */
  readonly path?: string | undefined;
  /**
   * Documents for clients of the y-websocket protocol are below this path. Default: `/y` on a server of its own; none on an HTTP
   * server that is there already, which may have one of these itself.
   */
  readonly yPath?: string | undefined;
  /** Most sessions at a time; more are told to come back. Default: 10,000. */
  readonly maxSessions?: number | undefined;
  /**
   * Most sockets of one address that were not let in yet; of IPv6 an address is a network of 64 bits. More get an HTTP 429.
   * Default: 200.
   */
  readonly maxWaitingPerAddress?: number | undefined;
  /** Most refused tokens of one address in a row; after that one every two seconds. Default: 100. */
  readonly maxRefusedPerAddress?: number | undefined;
  /**
   * How many proxies of your own are in front, each of which adds whom it talks to to `X-Forwarded-For`. With a wrong number one
   * client can pass for many, or all count as one. Default: 0.
   */
  readonly proxies?: number | undefined;
  /** How long a peer may take to greet, in milliseconds. Default: 10,000. */
  readonly helloTimeout?: number | undefined;
  /** How often a peer must be heard, in milliseconds. Default: 20,000. */
  readonly heartbeat?: number | undefined;
  /** Largest update that is accepted, in bytes. Default and most: 16 MiB. */
  readonly maxUpdateBytes?: number | undefined;
  /** How long a workspace without sessions stays open, in milliseconds. Default: one minute. */
  readonly idleAfter?: number | undefined;
  /** How long closing waits for peers to hear of it, in milliseconds. Default: 2,000. */
  readonly closeTimeout?: number | undefined;
  /**
   * Over how long sessions are sent away when the server closes, in milliseconds, so that they do not all come to another one at once.
   * Meanwhile nobody new is let in, and `/health/ready` says 503. Default: 0, at once.
   */
  readonly drainTime?: number | undefined;
  /** What a workspace may hold, and how fast users and connections may send; over it edits wait, and are not lost. Default: no quotas. */
  readonly quotas?: Quotas | undefined;
  /** Whom to tell of changes, by signed requests that are tried until they are taken. Default: nobody. */
  readonly webhooks?: readonly WebhookOptions[] | undefined;
  /** Whether figures are counted, for {@link CroftServer.metrics}. Default: false. */
  readonly metrics?: boolean | undefined;
  /** Makes spans of sessions, commits and requests, as `trace.getTracer("croft")` of OpenTelemetry. Default: no traces. */
  readonly tracer?: Tracer | undefined;
  /** Default: lines of JSON on stderr. */
  readonly log?: Log | undefined;
  /** Time of hubs and idle workspaces. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** Where a server listens. */
export interface ListenOptions {
  /** 0 takes any free port. Default: 8787. */
  readonly port?: number | undefined;
  /** Default: `127.0.0.1`, which only this machine reaches. `0.0.0.0` is everywhere. */
  readonly host?: string | undefined;
  /**
   * Tells figures to Prometheus at `/metrics` on a port of its own, which anybody may read who reaches it; 0 takes any free one.
   * Default: not at all.
   */
  readonly metricsPort?: number | undefined;
  /** Where that port listens. Default: `127.0.0.1`. */
  readonly metricsHost?: string | undefined;
}

/** {@link ServerOptions}, checked and complete. */
export interface ServerSettings extends TokenVerifierOptions {
  readonly authenticate: Authenticate | undefined;
  readonly anonymousAccess: boolean;
  readonly recover: boolean;
  readonly keepDeleted?: number | undefined;
  readonly keepHistory?: number | undefined;
  readonly keepAudit: number;
  readonly access: "token" | "members";
  readonly data: string;
  readonly postgres: PostgresSettings | undefined;
  readonly openStore: ((workspace: string) => Promise<Store>) | undefined;
  readonly backup: BackupOptions | undefined;
  readonly origins: readonly string[] | undefined;
  readonly path: string;
  readonly yPath: string | undefined;
  readonly maxSessions: number;
  readonly maxWaitingPerAddress: number;
  readonly maxRefusedPerAddress: number;
  readonly proxies: number;
  readonly helloTimeout: number;
  readonly heartbeat: number;
  readonly maxUpdateBytes: number;
  readonly idleAfter: number;
  readonly closeTimeout: number;
  readonly drainTime: number;
  readonly webhooks: readonly WebhookSettings[];
  readonly quotas: Quotas;
  readonly metrics: boolean;
  readonly tracer: Tracer | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

/** Where the database is, and how it is used. */
export interface PostgresSettings {
  readonly url: string;
  readonly schema: string | undefined;
  readonly maxConnections: number | undefined;
  /** Where a Redis server is that carries hints. */
  readonly redis: string | undefined;
}

/** The default of {@link ListenOptions.port}. */
export const DEFAULT_PORT = 8787;
/** The default of {@link ListenOptions.host}. */
export const DEFAULT_HOST = "127.0.0.1";
/** The default of {@link ServerOptions.data}. */
export const DEFAULT_DATA = ".croft/data";
/** The default of {@link ServerOptions.keepAudit}: 365 days, in milliseconds. */
export const DEFAULT_KEEP_AUDIT: number = 365 * 24 * 3_600_000;

// Timers hold 31 bits of milliseconds.
const milliseconds = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

const quota = z.number().int().min(1).optional();

const schema = z.object({
  secret: z.string().optional(),
  formerSecrets: z.array(z.string()).optional(),
  jwks: z
    .url({ protocol: /^https?$/, error: "must be an address of keys, as https://…" })
    .optional(),
  jwksCooldown: milliseconds.optional(),
  issuers: z.array(z.string().min(1)).min(1).optional(),
  audience: z.string().min(1).optional(),
  clockTolerance: milliseconds.optional(),
  anonymousAccess: z.boolean().default(false),
  recover: z.boolean().default(false),
  keepDeleted: z.number().int().min(0).optional(),
  keepHistory: z.number().int().min(0).optional(),
  keepAudit: z.number().int().min(0).default(DEFAULT_KEEP_AUDIT),
  access: z.enum(["token", "members"]).default("token"),
  requireExpiry: z.boolean().default(true),
  data: z.string().min(1).default(DEFAULT_DATA),
  postgres: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: "must be an address, as postgres://user:password@host/database",
    })
    .optional(),
  postgresSchema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,40}$/, "must be small letters, digits and underscores")
    .optional(),
  postgresConnections: z.number().int().min(1).max(1000).optional(),
  redis: z
    .url({ protocol: /^rediss?$/, error: "must be an address, as redis://host:6379" })
    .optional(),
  backup: z
    .object({
      directory: z.string().min(1),
      every: z.number().int().min(60_000).optional(),
      keep: z.number().int().min(0).optional(),
    })
    .optional(),
  origins: z
    .array(z.string().refine(isOrigin, "must be like https://app.example.org, or *"))
    .optional(),
  path: z
    .string()
    .regex(/^(\/[\w.-]+)+$/, "must be like /sync")
    .default("/sync"),
  yPath: z
    .string()
    .regex(/^(\/[\w.-]+)+$/, "must be like /y")
    .optional(),
  maxSessions: z.number().int().min(1).default(10_000),
  maxWaitingPerAddress: z.number().int().min(1).default(200),
  maxRefusedPerAddress: z.number().int().min(1).default(100),
  proxies: z.number().int().min(0).max(16).default(0),
  helloTimeout: milliseconds.default(10_000),
  heartbeat: milliseconds.default(20_000),
  maxUpdateBytes: z
    .number()
    .int()
    .min(1)
    .max(limits.MAX_UPDATE_BYTES)
    .default(limits.MAX_UPDATE_BYTES),
  idleAfter: milliseconds.default(60_000),
  closeTimeout: milliseconds.default(2000),
  drainTime: milliseconds.default(0),
  webhooks: z.array(webhookSchema).default([]),
  quotas: z
    .strictObject({
      workspaceBytes: quota,
      workspaceDocuments: quota,
      userUpdates: quota,
      userBytes: quota,
      connectionUpdates: quota,
      connectionBytes: quota,
    })
    .prefault({}),
  metrics: z.boolean().default(false),
});

/**
 * Checks options and fills in the defaults.
 *
 * @throws {@link CroftError} `input/invalid`, naming the option.
 */
export function checkServerOptions(options: ServerOptions): ServerSettings {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CroftError(
      "input/invalid",
      `Invalid server option \`${issue?.path.join(".") ?? ""}\`: ${issue?.message ?? "not valid"}.`,
    );
  }
  const { secret, formerSecrets = [], jwks, anonymousAccess } = parsed.data;
  for (const each of [...(secret === undefined ? [] : [secret]), ...formerSecrets]) {
    checkSecret(each);
  }
  const { authenticate, log = logToStderr } = options;
  if (secret === undefined && jwks === undefined && !authenticate && !anonymousAccess) {
    throw new CroftError("input/invalid", "A secret is needed, which tokens are signed with.", {
      hint: "Or name where an identity provider publishes its keys (jwks), decide yourself (authenticate), or ask for anonymous access, which lets everybody who reaches the port read and write.",
    });
  }
  if ((options.openStore ?? options.postgres) && options.backup) {
    throw new CroftError("input/invalid", "Only SQLite files are backed up by the server.", {
      hint: "Leave `backup` out, and back up as the store's engine does.",
    });
  }
  const { postgres: url, postgresSchema, postgresConnections, redis, ...settings } = parsed.data;
  if (redis !== undefined && url === undefined) {
    throw new CroftError(
      "input/invalid",
      "Redis carries hints between servers on one database, and there is none.",
      {
        hint: "Name the database as well (postgres), or leave it away.",
      },
    );
  }
  return {
    ...settings,
    postgres:
      url === undefined
        ? undefined
        : { url, schema: postgresSchema, maxConnections: postgresConnections, redis },
    authenticate,
    onProblem: ({ message, code, hint }) =>
      log("warn", "keys cannot be fetched", { code, error: message, hint }),
    backup: parsed.data.backup,
    origins: parsed.data.origins,
    yPath: parsed.data.yPath,
    openStore: options.openStore,
    tracer: options.tracer,
    log,
    clock: options.clock ?? systemClock,
  };
}
