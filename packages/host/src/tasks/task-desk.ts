/** Hands out the turns of one plugin's tasks: those of the device by a lock, those of the workspace by a lock and a lease. */

import { type Clock, type CroftError, toCroftError } from "@croft/core";
import { createRecordId } from "@croft/core/collection";
import type { Task, WorkspaceTurn } from "@croft/plugin";
import { type TaskDesk, taskWanted, type TaskWish, turnLost } from "@croft/plugin/remote";
import { delayUnlessAborted, untilAborted } from "../abort.ts";
import { pluginThrew } from "../plugin-error.ts";
import type { HostedWorkspace } from "../plugin-host.ts";
import { createDeviceLocks, type DeviceLocks } from "./device-lock.ts";
import { Lease } from "./lease.ts";
import { type LeaseSheet, openLeaseSheet } from "./lease-sheet.ts";

/** Options of {@link createTaskDesk}. */
export interface TaskDeskOptions {
  readonly plugin: { readonly id: string; readonly version: string };
  readonly workspace: Pick<HostedWorkspace, "createPluginReplica" | "sync" | "sharedAs">;
  readonly clock: Pick<Clock, "now" | "delay">;
  readonly onProblem: (problem: CroftError) => void;
}

/** How long a task that was told to stop may still take before others have its turn, in milliseconds. */
const GRACE = 2_000;

type Work = (turn: WorkspaceTurn) => void | Promise<void>;

/** Creates the {@link TaskDesk} of a plugin. */
export function createTaskDesk(options: TaskDeskOptions): TaskDesk {
  return new PluginTaskDesk(options);
}

class PluginTaskDesk implements TaskDesk {
  readonly options: TaskDeskOptions;
  readonly locks: DeviceLocks;
  readonly #wanted = new Set<string>();
  #sheet: LeaseSheet | undefined;
  #readers = 0;

  constructor(options: TaskDeskOptions) {
    this.options = options;
    this.locks = createDeviceLocks(options.workspace.sharedAs);
  }

  want(wish: TaskWish, work: Work): Task {
    const { name } = wish;
    if (this.#wanted.has(name)) throw taskWanted(name);
    this.#wanted.add(name);
    const task = new WantedTask(this, wish, work);
    void task.done.finally(() => this.#wanted.delete(name));
    return task;
  }

  /** The document is open while any task needs it. */
  openSheet(): LeaseSheet {
    const { workspace, plugin } = this.options;
    this.#readers++;
    this.#sheet ??= openLeaseSheet(workspace, plugin);
    return this.#sheet;
  }

  async closeSheet(): Promise<void> {
    if (--this.#readers > 0) return;
    const sheet = this.#sheet;
    this.#sheet = undefined;
    await sheet?.close();
  }
}

class WantedTask implements Task {
  held = false;
  /** Resolves when nothing of it is left. */
  readonly done: Promise<void>;
  readonly #desk: PluginTaskDesk;
  readonly #wish: TaskWish;
  readonly #work: Work;
  readonly #stop = new AbortController();
  /** What runs, or has not ended yet. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(desk: PluginTaskDesk, wish: TaskWish, work: Work) {
    this.#desk = desk;
    this.#wish = wish;
    this.#work = work;
    this.done = this.#keepTrying();
  }

  async stop(): Promise<void> {
    this.#stop.abort(turnLost(this.#wish.name));
    await this.done;
  }

  async #keepTrying(): Promise<void> {
    const { scope, name, lease } = this.#wish;
    const { plugin, clock } = this.#desk.options;
    const { signal } = this.#stop;
    const hold = scope === "device" ? () => this.#holdDevice() : () => this.#holdLease();
    // Not within the call that asks for it.
    await Promise.resolve();
    while (!signal.aborted) {
      try {
        await this.#desk.locks.hold(`${plugin.id}/${scope}/${name}`, signal, hold);
      } catch (error) {
        if (isAborted(signal)) return;
        this.#noTurn(error);
      }
      // It failed. Others may try; here it is tried again later.
      await delayUnlessAborted(clock, lease, signal);
    }
  }

  /** The turn lasts until it is stopped, or its work fails. */
  async #holdDevice(): Promise<void> {
    const { signal } = this.#stop;
    const failed = Promise.withResolvers<void>();
    this.#run({ signal, fence: 0 }, failed.resolve);
    await untilAborted(failed.promise, signal);
    await this.#settle();
  }

  /** Has the turn as often as the lease says so, until it is stopped or its work fails. */
  async #holdLease(): Promise<void> {
    const { name, lease: length, offline } = this.#wish;
    const { clock } = this.#desk.options;
    const sheet = this.#desk.openSheet();
    const failed = Promise.withResolvers<void>();
    const lease = new Lease({
      board: sheet.board(name),
      clock,
      random: Math.random,
      lease: length,
      offline,
      holder: createRecordId(),
      onTurn: ({ fence, signal }) => {
        // It may come just while what ran before comes to its end.
        if (this.#stop.signal.aborted) return;
        const turn = { fence, signal: AbortSignal.any([signal, this.#stop.signal]) };
        this.#run(turn, failed.resolve);
      },
      onRefused: (error) => this.#noTurn(error),
    });
    try {
      await untilAborted(failed.promise, this.#stop.signal);
      await this.#settle();
    } finally {
      lease.stop();
      await this.#desk.closeSheet();
    }
  }

  /** What is thrown once the turn is over is how the work ends. */
  #run(turn: WorkspaceTurn, onFailed: () => void): void {
    const { plugin, onProblem } = this.#desk.options;
    const { signal } = turn;
    this.held = true;
    signal.addEventListener("abort", () => (this.held = false), { once: true });
    const running = (async () => this.#work(turn))().catch((error: unknown) => {
      if (signal.aborted) return;
      this.held = false;
      onProblem(pluginThrew(plugin.id, `in the task ${this.#wish.name}`, error));
      onFailed();
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  #noTurn(error: unknown): void {
    const { plugin, onProblem } = this.#desk.options;
    const message = `${plugin.id} gets no turn of ${this.#wish.name}`;
    onProblem(toCroftError(error, "plugin/failed", message));
  }

  /** What was told to stop has ended, or had time enough. */
  async #settle(): Promise<void> {
    const grace = new AbortController();
    const all = Promise.all(this.#running).then(() => grace.abort());
    await Promise.race([all, delayUnlessAborted(this.#desk.options.clock, GRACE, grace.signal)]);
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
