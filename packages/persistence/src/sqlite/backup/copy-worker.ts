/** The thread in which a store is copied and its copy checked: both take as long as the store is large. */

import { parentPort, workerData } from "node:worker_threads";
import { CroftError } from "@croft/core";
import { copyStore, type CopyOrder } from "./copy-store.ts";
import type { CopyAnswer } from "./copy-in-thread.ts";

async function answer(): Promise<CopyAnswer> {
  try {
    return { copy: await copyStore(workerData as CopyOrder) };
  } catch (error) {
    const isKnown = error instanceof CroftError;
    const message = error instanceof Error ? error.message : String(error);
    return { code: isKnown ? error.code : "store/failed", message };
  }
}

parentPort?.postMessage(await answer());
