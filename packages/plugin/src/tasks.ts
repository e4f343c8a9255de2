/**
 * Work that one does for all. Each tab of each device of each user runs every plugin; here a plugin says what only one of
 * them is to do: one tab of a device, or one device of the workspace.
 */

/** Hands out turns. */
export interface PluginTasks {
  /**
   * Calls `run` in one tab of this device: the others wait, and one of them goes on when this tab is closed. Where a
   * device is one process, that process is it.
   *
   * @throws CroftError `input/invalid` for a bad name, or one that waits already; `disposed` after the deactivation.
   * @example
   * ```ts
   * context.tasks.oncePerDevice("index", ({ signal }) => {
   *   const timer = setInterval(() => context.log.debug("indexes"), 60_000);
   *   signal.addEventListener("abort", () => clearInterval(timer));
   * });
   * ```
   */
  oncePerDevice(name: string, run: (turn: TaskTurn) => void | Promise<void>): Task;
  /**
   * Calls `run` on one device of the workspace. While devices are in touch at most one has the turn, and one of them
   * has it eventually; when the one that has it goes away, another takes over within the lease. Devices that are apart
   * may both have it, for as long as they are, and so may two for the moment until they hear of each other. So do
   * nothing that must not be done twice: give records ids that every device would give them (`recordIdFrom`), or
   * hand `fence` to whoever can refuse lower ones.
   *
   * Needs write access to the plugin's own subtree: who may only read never has the turn. Nothing is written while
   * the turn stays where it is, and nothing at all while nobody wants it.
   *
   * @throws CroftError `input/invalid` for a bad name or option, or a name that waits already; `disposed` after the
   *   deactivation.
   * @example
   * ```ts
   * context.tasks.oncePerWorkspace("digest", async ({ signal, fence }) => {
   *   context.log.info("this device sends the digest", fence);
   *   signal.addEventListener("abort", () => context.log.info("another one does"));
   * });
   * ```
   */
  oncePerWorkspace(
    name: string,
    run: (turn: WorkspaceTurn) => void | Promise<void>,
    options?: WorkspaceTaskOptions,
  ): Task;
}

/** A turn: it lasts until its signal is aborted, whether or not `run` has returned. */
export interface TaskTurn {
  /** Aborted when the turn was lost, the task is stopped, or the plugin is deactivated. */
  readonly signal: AbortSignal;
}

/** A turn in the whole workspace. */
export interface WorkspaceTurn extends TaskTurn {
  /** Greater than that of all turns that this device knew of when it took this one; two that were taken apart from each other
   * differ. */
  readonly fence: number;
}

/** Options of {@link PluginTasks.oncePerWorkspace}. */
export interface WorkspaceTaskOptions {
  /**
   * For how long nothing may be heard of the one that has the turn until another one takes over, in milliseconds: from
   * 5,000 to 3,600,000, default 60,000. Measured by the clock of the one that listens; how clocks are set does not
   * matter.
   */
  readonly lease?: number | undefined;
  /**
   * What a device does that has no connection, and last knew the turn to be another's: it waits (default), or takes the
   * turn after the lease. What it has it keeps, and what nobody had it takes, in either case.
   */
  readonly offline?: "wait" | "run" | undefined;
}

/** Work that was asked for. */
export interface Task {
  /** Whether the turn is here now. */
  readonly held: boolean;
  /** Gives the turn up, or stops waiting for it; resolves when others may have it. Idempotent. */
  stop(): Promise<void>;
}
