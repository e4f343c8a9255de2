/**
 * Compacts documents in a worker thread, so that loading a large one does not hold up the keystrokes
 * of others. The thread is started by the first order, and ends when there was none for a while.
 */

import { Worker } from "node:worker_threads";
import {
  type CompactionInput,
  type CompactionResult,
  type Compactor,
  CroftError,
} from "@croft/core";

/** What the worker is given. */
export interface CompactionOrder {
  readonly id: number;
  readonly input: CompactionInput;
}

/** What it answers: one of the two. */
export interface CompactionAnswer {
  readonly id: number;
  readonly compacted: CompactionResult | undefined;
  readonly error: string | undefined;
}

/** A compactor that has to be disposed. */
export interface WorkerCompactor {
  readonly compact: Compactor;
  /** Whether the thread runs. */
  readonly running: boolean;
  /** Ends the thread; orders that it has not answered are rejected with `disposed`. */
  dispose(): Promise<void>;
}

interface Waiting {
  readonly resolve: (compacted: CompactionResult) => void;
  readonly reject: (error: CroftError) => void;
}

/** How long the thread waits for another order, in milliseconds. */
const IDLE_AFTER = 30_000;

/** Creates a {@link WorkerCompactor}. */
export function createWorkerCompactor(idleAfter: number = IDLE_AFTER): WorkerCompactor {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let orders = 0;
  let disposed = false;

  function rejectAll(error: CroftError): void {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function start(): Worker {
    const started = startWorker();
    started.on("message", ({ id, compacted, error }: CompactionAnswer) => {
      const order = waiting.get(id);
      waiting.delete(id);
      if (compacted) order?.resolve(compacted);
      else order?.reject(new CroftError("store/corrupt", `A log cannot be compacted: ${error}`));
      if (waiting.size === 0) rest(started);
    });
    // Out of memory, say. The next order starts another one.
    const gone = (why: string): void => {
      if (worker !== started) return;
      worker = undefined;
      rejectAll(new CroftError("store/failed", `The thread that compacts logs ended: ${why}`));
    };
    started.on("error", ({ message }) => gone(message));
    started.on("exit", (code) => gone(`exit code ${code}`));
    return started;
  }

  function rest(resting: Worker): void {
    // It must not keep the process alive.
    resting.unref();
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (worker === resting && waiting.size === 0) void stop();
    }, idleAfter);
    idle.unref();
  }

  async function stop(): Promise<void> {
    const stopping = worker;
    worker = undefined;
    await stopping?.terminate();
  }

  return {
    get running() {
      return worker !== undefined;
    },
    compact: (input) =>
      new Promise((resolve, reject) => {
        if (disposed) {
          reject(new CroftError("disposed", "The server is shutting down."));
          return;
        }
        worker ??= start();
        worker.ref();
        clearTimeout(idle);
        const order: CompactionOrder = { id: ++orders, input };
        waiting.set(order.id, { resolve, reject });
        worker.postMessage(order);
      }),
    async dispose() {
      disposed = true;
      clearTimeout(idle);
      rejectAll(new CroftError("disposed", "The server is shutting down."));
      await stop();
    },
  };
}

function startWorker(): Worker {
  // As published this is JavaScript; from the sources Node strips the types, of croft's packages too.
  const fromSources = import.meta.url.endsWith(".ts");
  const file = new URL(fromSources ? "./worker.ts" : "./worker.js", import.meta.url);
  const execArgv = fromSources ? ["--conditions=source"] : [];
  return new Worker(file, { execArgv });
}
