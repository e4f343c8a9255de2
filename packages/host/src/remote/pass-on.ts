/** Sessions of the replica of a plugin that runs apart: passed on to the device's hub, which knows them for this plugin's. */

import { type Channel, CloseCode } from "@croft/core";
import { failureOf } from "@croft/plugin/remote";
import type { RemotePluginOptions } from "./remote-plugin.ts";

/** Passes a session on until `signal` is aborted. */
export async function passOn(
  near: Channel,
  { workspace, manifest }: Pick<RemotePluginOptions, "workspace" | "manifest">,
  signal: AbortSignal,
): Promise<void> {
  try {
    const far = await workspace.connectPlugin(manifest.id, signal, manifest);
    pipe(near, far);
    pipe(far, near);
    signal.addEventListener("abort", () => far.close(CloseCode.goingAway, ""), { once: true });
  } catch (error) {
    near.close(CloseCode.restarting, failureOf(error).message);
  }
}

function pipe(from: Channel, to: Channel): void {
  from.onFrame((frame) => to.send(frame));
  from.onClose(({ code, reason }) => to.close(code, reason));
}
