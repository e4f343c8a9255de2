/** Demos that run in this process: the app is built and the examples are packed once for all of them. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildDemo, type BuiltDemo, startDemo } from "../../../apps/demo/vite/demo-server.ts";
import { freePorts } from "./demo-process.ts";

let built: Promise<BuiltDemo> | undefined;

/** Starts a demo on free ports and without data. */
export async function startDemoHere(): Promise<{
  readonly url: string;
  /** Ends it, and removes its data. */
  dispose(): Promise<void>;
}> {
  built ??= build();
  const data = mkdtempSync(join(tmpdir(), "croft-demo-"));
  const options = { data, watch: false, log, built: await built };
  const demo = await startDemo({ ...options, port: await freePorts() });
  return {
    url: demo.url,
    async dispose() {
      await demo.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function build(): Promise<BuiltDemo> {
  const keys = mkdtempSync(join(tmpdir(), "croft-demo-keys-"));
  try {
    return await buildDemo(keys, log);
  } finally {
    rmSync(keys, { recursive: true, force: true });
  }
}

function log(level: string, message: string, fields?: object): void {
  if (level === "warn" || level === "error") console.error(message, fields ?? "");
}
