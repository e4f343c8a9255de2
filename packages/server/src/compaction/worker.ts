/** The worker's side of `createWorkerCompactor`: compacts what it is given, one after the other. */

import { parentPort } from "node:worker_threads";
import { compactHere } from "@croft/core";
import type { CompactionAnswer, CompactionOrder } from "./worker-compactor.ts";

parentPort?.on("message", (order: CompactionOrder) => void answer(order));

async function answer({ id, input }: CompactionOrder): Promise<void> {
  let reply: CompactionAnswer;
  try {
    reply = { id, compacted: await compactHere(input), error: undefined };
  } catch (error) {
    // The log's fault, not the worker's: it is told, and the worker goes on.
    const message = error instanceof Error ? error.message : String(error);
    reply = { id, compacted: undefined, error: message };
  }
  parentPort?.postMessage(reply);
}
