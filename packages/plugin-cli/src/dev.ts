/** `croft-plugin dev`: bundles a plugin whenever it is saved, and offers it to running applications. */

import { CroftError } from "@croft/core";
import { build } from "./commands.ts";
import { type Built, DevServer } from "./dev-server.ts";
import { watchFolder } from "./watch-folder.ts";

/** Options of {@link develop}. */
export interface DevelopOptions {
  readonly folder: string;
  readonly port: number;
  /** Takes lines for the author. */
  readonly print: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** By which packages are resolved; default: those of this process. */
  readonly conditions?: readonly string[] | undefined;
}

/** Runs until it is aborted. What is wrong with the plugin is printed, and tried again at the next change. */
export async function develop(options: DevelopOptions): Promise<void> {
  const { folder, port, print, signal, conditions } = options;
  const server = new DevServer();
  const url = await server.listen(port);
  let changed = Promise.withResolvers<void>();
  watchFolder(folder, () => changed.resolve(), signal);
  signal.addEventListener("abort", () => changed.resolve(), { once: true });
  print(`Offers ${folder} at ${url} whenever it is saved. Ctrl+C ends it.`);
  print(`An application takes it with followDevelopment({ url: "${url}", … }).`);
  while (!signal.aborted) {
    // What changes during the build is built next.
    changed = Promise.withResolvers<void>();
    if (signal.aborted) break;
    const { built, lines } = await make(folder, conditions);
    server.offer(built);
    for (const line of lines) print(line);
    await changed.promise;
  }
  await server.close();
}

interface Result {
  readonly built: Built;
  readonly lines: readonly string[];
}

async function make(folder: string, conditions: readonly string[] | undefined): Promise<Result> {
  try {
    const { bytes, plugin, warnings } = await build(folder, conditions);
    const { id, version } = plugin.manifest;
    return { built: { ok: true, bytes }, lines: [`${id} ${version} was built.`, ...warnings] };
  } catch (error) {
    if (!(error instanceof CroftError)) throw error;
    const problem = [error.message, error.hint].filter(Boolean).join("\n");
    return { built: { ok: false, problem }, lines: [problem] };
  }
}
