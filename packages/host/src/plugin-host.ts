/**
 * The plugins of one workspace, as an application sees them: registered, activated, granted what
 * the user agreed to, and ended without a trace.
 */

import {
  APP_SUBTREE,
  type Clock,
  CroftError,
  type Disposable,
  type RandomBytes,
  type Unsubscribe,
  type Workspace,
} from "@croft/core";
import {
  type EventListener,
  type HeardFrom,
  type NoTopics,
  ownerOfTopic,
  parseTopic,
  type Plugin,
  type PluginManifest,
  type PublishedTo,
  type PublishOptions,
  type TopicSchemas,
} from "@croft/plugin";
import { z } from "zod";
import type { LogLevel } from "@croft/plugin/remote";
import type { HostMemory } from "./host-memory.ts";
import type { HostEventDrops } from "./event-outlet.ts";
import type { HostCommands } from "./contributions/commands.ts";
import type { HostExporters, HostImporters } from "./contributions/files.ts";
import type { HostSettings } from "./contributions/settings.ts";
import type { HostStatus } from "./contributions/status.ts";
import type { PluginState } from "./lifecycle.ts";
import { LiveHost } from "./live-host.ts";
import type { Budgets } from "./monitor/budgets.ts";
import type { PluginMonitor } from "./monitor/monitor.ts";
import type { GrantedPermissions, Permissions } from "./permissions.ts";
import type { Deadlines } from "./plugin-runner.ts";
import type { Supervision } from "./supervision.ts";
import type { TroubleReport } from "./trouble-report.ts";
import type { HostApis, ServiceOptions } from "./services/host-services.ts";
import type { HostViews } from "./views/host-views.ts";

/** What a host needs of a workspace. */
export type HostedWorkspace = Pick<
  Workspace,
  | "id"
  | "user"
  | "gate"
  | "createPluginReplica"
  | "connectPlugin"
  | "onChanged"
  | "openDocuments"
  | "events"
  | "sharedAs"
  | "sync"
> & {
  /** Where plugins' settings are kept; without it all have their defaults, and none can be set. */
  readonly open?: Workspace["open"];
  /** Tells what documents take on this device; without it the monitor has no figures of it. */
  readonly list?: Workspace["list"];
};

/** Options of {@link createPluginHost}. */
export interface PluginHostOptions<Topics extends TopicSchemas = NoTopics> extends ServiceOptions {
  readonly workspace: HostedWorkspace;
  /** Schemas of the application's own topics (`app/…`). */
  readonly topics?: Topics | undefined;
  /** How long plugins may take, in milliseconds. Default 30,000 and 5,000. */
  readonly deadlines?: Partial<Deadlines> | undefined;
  /**
   * Told of everything that goes wrong in a plugin, which `problem.plugin` names; by default it is
   * written to the console. What an explicit call rejects with for a plugin's own failure is told
   * here too. What it throws itself is reported to the platform, as an uncaught error.
   */
  readonly onProblem?: ((problem: CroftError) => void) | undefined;
  /**
   * How much each plugin may take, by quantity, in place of croft's own budgets: what exceeds them is warned of (`onProblem`,
   * `plugin/budget`), slowed down, and suspended in the end.
   */
  readonly budgets?: Budgets | undefined;
  /** Takes what plugins log; by default it is written to the console. */
  readonly onLog?: ((entry: LogEntry) => void) | undefined;
  /** How patient it is with plugins that crash or do not start. */
  readonly supervision?: Partial<Supervision> | undefined;
  /**
   * What it remembers of failed starts when the application starts the next time, e.g. `createLocalMemory(workspace)`.
   * Default: nothing.
   */
  readonly memory?: HostMemory | undefined;
  /**
   * Starts no plugin by itself, not even those that ask for it, or of which something is shown or called: for a person whose
   * application does not come up. Each may still be activated. Default false.
   */
  readonly safeMode?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: RandomBytes | undefined;
}

/** A message that a plugin logged. */
export interface LogEntry {
  readonly plugin: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly data: unknown;
}

/** What is known about a registered plugin; a new object whenever something changes. */
export interface PluginStatus {
  readonly id: string;
  readonly manifest: PluginManifest;
  readonly state: PluginState;
  /** Why it cannot run for now, when that lies in the plugins that it needs. */
  readonly lack: CroftError | undefined;
  /** What went wrong with it lately, if something did, in earlier starts of the application too. */
  readonly trouble: TroubleReport | undefined;
  readonly granted: GrantedPermissions;
}

/** A plugin requested something, and the person agreed. */
export interface RequestedGrant {
  readonly plugin: string;
  readonly permissions: Permissions;
}

/** Events, for the application itself. */
export interface HostEvents<Topics extends TopicSchemas = NoTopics> {
  /**
   * Publishes `data` to any topic but croft's own: on this device, or with `{ scope: "workspace" }` to everybody in the
   * workspace who is there, see `PluginEvents.publish`.
   *
   * @returns Resolves when the event has its place. Rejects with `input/invalid` when the topic is
   *   none, or `data` is not plain or not what the topic's schema asks for.
   */
  publish<T extends string>(
    topic: T,
    data: PublishedTo<T, Topics>,
    options?: PublishOptions,
  ): Promise<void>;
  /**
   * Calls `listener` with what is published to `topic`. What it throws is reported to the platform,
   * as an uncaught error.
   *
   * @throws CroftError `input/invalid` for no topic.
   */
  subscribe<T extends string>(topic: T, listener: EventListener<HeardFrom<T, Topics>>): Unsubscribe;
  /** How many events were dropped, and why. */
  readonly dropped: HostEventDrops;
  /** Tells when {@link HostEvents.dropped} has changed. */
  onDropped(listener: (dropped: HostEventDrops) => void): Unsubscribe;
}

/** See {@link createPluginHost}. */
export interface PluginHost<Topics extends TopicSchemas = NoTopics> extends Disposable {
  /**
   * Makes a plugin known. It has its own subtree and topics, and nothing else until
   * {@link PluginHost.grant}. After {@link PluginHost.start} it is activated if it asks for that.
   *
   * @throws CroftError `plugin/manifest`, `plugin/duplicate`, or `plugin/dependency` when it needs
   *   another version of croft.
   */
  register(plugin: Plugin): void;
  /** Deactivates a plugin and those that need it, and forgets it and what it was granted. */
  unregister(id: string): Promise<void>;
  /**
   * Begins to activate plugins by themselves: those with `startup` now and when they are registered, those with
   * `event:<topic>` when the first such event comes, those with `document:<pattern>` when the application opens such a
   * document and they may read it, those with `view:<name>` when that view is mounted. Resolves when those with `startup` are
   * active, or failed (see `onProblem`). What the page died of last time may be among those that were being started then: they
   * come last, one by one. Does nothing in safe mode.
   */
  start(): Promise<void>;
  /**
   * Activates a plugin, and before it those that it needs, in safe mode too; at once, if it is to be restarted after a crash, and
   * though it was suspended. Idempotent.
   *
   * @throws CroftError `plugin/failed` when it threw or took too long, `plugin/dependency` when
   *   one that it needs is missing, unfit, failed, suspended, or needs it in turn.
   */
  activate(id: string): Promise<void>;
  /**
   * Deactivates a plugin, and before it those that need it. Resolves when nothing of it is left:
   * what it wrote is saved, its subscriptions are ended, its replica is disposed. Ends the wait for a
   * restart, too. Idempotent.
   */
  deactivate(id: string): Promise<void>;
  /** The registered plugins, in the order of registration; the same array until one changes. */
  list(): readonly PluginStatus[];
  /** Tells of every change of {@link PluginHost.list}, soon after it. */
  onState(listener: (plugins: readonly PluginStatus[]) => void): Unsubscribe;
  /**
   * Gives a plugin what it asks for, or a part of it, on top of what it was granted. Takes effect
   * at once, on open documents too.
   *
   * @throws CroftError `input/invalid` for what its manifest does not ask for.
   */
  grant(id: string, permissions: Permissions): void;
  /** Takes that back, all of it by default. Takes effect at once, on open documents too. */
  revoke(id: string, permissions?: Permissions): void;
  /** Tells of what a plugin requested and the person agreed to, after it was granted; to keep it for the next time. */
  onRequestGranted(listener: (grant: RequestedGrant) => void): Unsubscribe;
  /** Events between plugins and the application. */
  readonly events: HostEvents<Topics>;
  /** What plugins show. */
  readonly views: HostViews;
  /** What plugins take, and which of them is the bottleneck. */
  readonly monitor: PluginMonitor;
  /** What plugins let a person do. */
  readonly commands: HostCommands;
  /** What plugins let a person set. */
  readonly settings: HostSettings;
  /** Short texts that plugins show. */
  readonly status: HostStatus;
  /** Files that plugins read. */
  readonly importers: HostImporters;
  /** Files that plugins make. */
  readonly exporters: HostExporters;
  /** What plugins offer each other, and the application may call. */
  readonly apis: HostApis;
  /** See {@link PluginHostOptions.safeMode}. */
  readonly safeMode: boolean;
  /**
   * Deactivates everything, dependents first, all within one deadline of `deadlines.deactivate`, and then by force. Lets go of
   * the workspace, which stays open. Idempotent.
   */
  dispose(): Promise<void>;
}

/**
 * Creates the host of a workspace's plugins. There should be one; it owns what plugins are granted
 * in `workspace.gate`.
 *
 * @throws CroftError `input/invalid` for bad options.
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * host.register(stats);
 * host.grant("stats", stats.manifest.permissions); // once the user agreed
 * await host.start();
 * ```
 */
export function createPluginHost<Topics extends TopicSchemas = NoTopics>(
  options: PluginHostOptions<Topics>,
): PluginHost<Topics>;
// Which topics have schemas matters to the application's types alone, so it ends here.
export function createPluginHost(options: PluginHostOptions): PluginHost {
  check(options);
  return new LiveHost(options);
}

const MS = z
  .number()
  .positive()
  .max(2 ** 31 - 1);
const COUNT = z.int().positive().max(1_000);
const OPTIONS = z.object({
  workspace: z.object({ createPluginReplica: z.function() }, "must be an open workspace"),
  network: z
    .object({
      fetch: z.function().optional(),
      allowLocalhost: z.boolean().optional(),
      closedOrigins: z.array(z.string()).optional(),
      maxRequestBytes: z.int().positive().optional(),
      maxResponseBytes: z.int().positive().optional(),
      timeout: MS.optional(),
      maxConcurrent: z.int().positive().optional(),
      maxPerMinute: z.int().positive().optional(),
    })
    .optional(),
  onAsk: z.function().optional(),
  deadlines: z.object({ activate: MS.optional(), deactivate: MS.optional() }).optional(),
  supervision: z
    .object({
      firstRestart: MS.optional(),
      longestWait: MS.optional(),
      crashes: COUNT.optional(),
      crashWindow: MS.optional(),
      // The memory keeps no more of them.
      failedStarts: z.int().positive().max(10).optional(),
      turn: MS.optional(),
    })
    .optional(),
  memory: z
    .object({ read: z.function(), write: z.function() }, "must have `read` and `write`")
    .optional(),
  safeMode: z.boolean().optional(),
});

function check(options: PluginHostOptions): void {
  const result = OPTIONS.safeParse(options);
  const issues = (result.error?.issues ?? []).map(
    ({ path, message }) => `\`${path.join(".")}\` ${message}`,
  );
  for (const topic of Object.keys(options.topics ?? {})) {
    if (ownerOfTopic(parseTopic(topic)) === APP_SUBTREE) continue;
    issues.push(
      `\`topics\` has ${topic}, and the application's own start with \`${APP_SUBTREE}/\``,
    );
  }
  if (issues.length === 0) return;
  const message = `Invalid options of createPluginHost: ${issues.join("; ")}.`;
  throw new CroftError("input/invalid", message);
}
