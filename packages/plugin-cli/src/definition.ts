/**
 * What a bundled module defines: it is run in a thread of its own, which is ended when that takes too long. It is
 * the author's own code, on the author's machine.
 */

import { Worker } from "node:worker_threads";
import { CroftError } from "@croft/core";
import { isDeepStrictEqual } from "node:util";
import { parseManifest, type PluginManifest } from "@croft/plugin";

/** How long a module may take to define its plugin unless something else is said, in milliseconds. */
const PATIENCE = 10_000;

// As text, so that source and build are one file. Answers with what can be copied: no functions.
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const url = "data:text/javascript;base64," + Buffer.from(workerData).toString("base64");
import(url).then(({ default: plugin }) => ({
  exported: plugin !== undefined,
  activates: typeof plugin?.activate === "function",
  manifest: plugin?.manifest && JSON.parse(JSON.stringify(plugin.manifest)),
})).catch((error) => ({ threw: String(error?.stack ?? error) })).then((answer) => {
  parentPort.postMessage(answer);
});
`;

interface Answer {
  readonly threw?: string;
  readonly exported?: boolean;
  readonly activates?: boolean;
  readonly manifest?: unknown;
}

/**
 * Checks that a module defines the plugin of this manifest.
 *
 * @throws CroftError `plugin/package` when it defines none or another one, throws, or takes too long.
 */
export async function checkDefinition(
  code: Uint8Array,
  manifest: PluginManifest,
  patience: number = PATIENCE,
): Promise<void> {
  const { id } = manifest;
  const bad = (problem: string, hint?: string): CroftError =>
    new CroftError("plugin/package", `The module of ${id} ${problem}.`, { plugin: id, hint });
  const answer = await run(code, patience);
  if (!answer) throw bad(`has not defined its plugin after ${patience / 1000} seconds`);
  if (answer.threw !== undefined) throw bad(`threw when it was loaded: ${answer.threw}`);
  if (!answer.exported) {
    throw bad("has no default export", "Write `export default definePlugin({ … })`.");
  }
  if (!answer.activates || answer.manifest === undefined) {
    throw bad("exports no plugin as its default", "Write `export default definePlugin({ … })`.");
  }
  if (!isDeepStrictEqual(parseManifest(answer.manifest), manifest)) {
    throw bad(
      "defines another manifest than manifest.json",
      'Import it: `import manifest from "../manifest.json" with { type: "json" }`.',
    );
  }
}

/** What a module answers; `undefined` when it takes too long. */
async function run(code: Uint8Array, patience: number): Promise<Answer | undefined> {
  const worker = new Worker(THREAD, { eval: true, workerData: code, stdout: true, stderr: true });
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
  const timer = setTimeout(() => resolve(undefined), patience);
  worker.once("message", resolve);
  worker.once("error", (error) => resolve({ threw: String(error) }));
  worker.once("exit", () => resolve({ threw: "it ended the process" }));
  const answer = await promise;
  clearTimeout(timer);
  await worker.terminate();
  return answer;
}
