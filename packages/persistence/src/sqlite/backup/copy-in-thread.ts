/** {@link copyStore} in a thread of its own, so that nobody waits for it. */

import { Worker } from "node:worker_threads";
import { CroftError, type ErrorCode } from "@croft/core";
import type { BackupCopy } from "./backup-folder.ts";
import type { CopyOrder } from "./copy-store.ts";

/** What the thread says: one of the two. */
export type CopyAnswer =
  | { readonly copy: BackupCopy }
  | { readonly code: ErrorCode; readonly message: string };

/**
 * Copies a store.
 *
 * @throws CroftError as `copyStore`; `disposed` when it was stopped.
 */
export function copyInThread(order: CopyOrder, signal: AbortSignal): Promise<BackupCopy> {
  // As published this is JavaScript; from the sources Node strips the types, of croft's packages too.
  const fromSources = import.meta.url.endsWith(".ts");
  const file = new URL(fromSources ? "./copy-worker.ts" : "./copy-worker.js", import.meta.url);
  const execArgv = fromSources ? ["--conditions=source"] : [];
  const worker = new Worker(file, { execArgv, workerData: order });
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop);
  const copied = new Promise<BackupCopy>((resolve, reject) => {
    worker.on("message", (answer: CopyAnswer) => {
      if ("copy" in answer) resolve(answer.copy);
      else reject(new CroftError(answer.code, answer.message));
    });
    worker.on("error", (cause) =>
      reject(
        new CroftError("store/failed", `The thread that copies a store ended: ${String(cause)}`),
      ),
    );
    worker.on("exit", () =>
      reject(new CroftError("disposed", "The copy of a store was not finished.")),
    );
    if (signal.aborted) stop();
  });
  return copied.finally(() => signal.removeEventListener("abort", stop));
}
