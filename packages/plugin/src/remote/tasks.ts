/** Turns of a plugin that runs elsewhere: its end, and its host's. The host has the locks and the leases. */

import { CroftError, type Unsubscribe } from "@croft/core";
import * as z from "zod";
import type { PluginTasks, Task, TaskTurn, WorkspaceTurn } from "../tasks.ts";
import type { Calls } from "./calls.ts";
import { failureOf } from "./failure.ts";
import { parseTaskWish, type TaskWish, taskWishSchema } from "./task-wish.ts";

/** Hands out turns by wish; what {@link PluginTasks} is made of. */
export interface TaskDesk {
  /**
   * Calls `run` for each turn.
   *
   * @throws CroftError `input/invalid` for a name that waits already.
   */
  want(wish: TaskWish, run: (turn: WorkspaceTurn) => void | Promise<void>): Task;
}

/** The {@link PluginTasks} over a desk. A turn of the device has no fence worth telling. */
export function tasksOf(plugin: string, desk: TaskDesk): PluginTasks {
  return {
    oncePerDevice: (name, run) =>
      desk.want(parseTaskWish(plugin, { scope: "device", name }), ({ signal }) => run({ signal })),
    oncePerWorkspace: (name, run, options = {}) =>
      desk.want(parseTaskWish(plugin, { scope: "workspace", name, ...options }), run),
  };
}

const id = z.int().nonnegative();
const wanting = z.strictObject({ id, wish: taskWishSchema });
const turning = z.strictObject({ id, fence: z.number() });

/** Most tasks of one plugin. */
const MAX_TASKS = 64;

/** Gets turns for a plugin at the other end; returns what gives them all up. */
export function serveTasks(
  calls: Calls,
  tasks: PluginTasks,
  onRefused: (message: string) => void,
): Unsubscribe {
  const wanted = new Map<number, Task>();
  const run =
    (number: number) =>
    async ({ signal, fence = 0 }: TaskTurn & Partial<WorkspaceTurn>): Promise<void> => {
      const lost = (): void => calls.tell("tasks/lost", number);
      signal.addEventListener("abort", lost, { once: true });
      await calls.ask("tasks/run", { id: number, fence });
    };
  calls.hear("tasks/want", wanting, ({ id: number, wish: { scope, name, ...options } }) => {
    try {
      if (wanted.has(number) || wanted.size >= MAX_TASKS) {
        throw new CroftError("plugin/busy", `${name} is one task too many.`, {
          hint: `Stop another one first: a plugin has ${MAX_TASKS} at a time.`,
        });
      }
      const task =
        scope === "device"
          ? tasks.oncePerDevice(name, run(number))
          : tasks.oncePerWorkspace(name, run(number), options);
      wanted.set(number, task);
    } catch (error) {
      onRefused(failureOf(error).message);
    }
  });
  calls.answer("tasks/stop", id, async (number) => {
    const task = wanted.get(number);
    wanted.delete(number);
    await task?.stop();
  });
  return () => {
    // The plugin is gone; the host's own end of its activation waits for them.
    for (const task of wanted.values()) void task.stop();
    wanted.clear();
  };
}

interface Wanted {
  readonly name: string;
  readonly run: (turn: WorkspaceTurn) => void | Promise<void>;
  turn: AbortController | undefined;
}

/** The plugin's end. */
export class RemoteTasks implements TaskDesk {
  readonly #calls: Calls;
  readonly #wanted = new Map<number, Wanted>();
  #count = 0;

  constructor(calls: Calls) {
    this.#calls = calls;
    calls.answer("tasks/run", turning, ({ id: number, fence }) => this.#run(number, fence));
    calls.hear("tasks/lost", id, (number) => this.#lose(number));
  }

  want(wish: TaskWish, run: Wanted["run"]): Task {
    const number = ++this.#count;
    const wanted: Wanted = { name: wish.name, run, turn: undefined };
    if ([...this.#wanted.values()].some(({ name }) => name === wish.name)) {
      throw taskWanted(wish.name);
    }
    this.#wanted.set(number, wanted);
    this.#calls.tell("tasks/want", { id: number, wish });
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      this.#lose(number);
      this.#wanted.delete(number);
      await this.#calls.ask("tasks/stop", number);
    };
    return {
      get held() {
        return wanted.turn !== undefined;
      },
      stop: () => (stopping ??= stop()),
    };
  }

  async #run(number: number, fence: number): Promise<void> {
    const wanted = this.#wanted.get(number);
    if (!wanted) return;
    const turn = new AbortController();
    wanted.turn = turn;
    await wanted.run({ signal: turn.signal, fence });
  }

  #lose(number: number): void {
    const wanted = this.#wanted.get(number);
    wanted?.turn?.abort(turnLost(wanted.name));
    if (wanted) wanted.turn = undefined;
  }
}

/** A plugin asked twice for the same. */
export function taskWanted(name: string): CroftError {
  return new CroftError("input/invalid", `The task ${name} is waiting or running already.`, {
    hint: "Stop it first, or give the other one another name.",
  });
}

/** What the signal of a turn is aborted with. */
export function turnLost(name: string): CroftError {
  return new CroftError("disposed", `The turn of ${name} is over.`);
}
