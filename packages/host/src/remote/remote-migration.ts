/** A migration by a plugin that runs apart: in a realm of its own, which ends with it, over the workspace that it was made for. */

import { CloseCode } from "@croft/core";
import type { MigrationContext } from "@croft/plugin";
import {
  Life,
  type MigrationBeginning,
  pluginGone,
  PortCalls,
  RemotePort,
  serveLog,
} from "@croft/plugin/remote";
import { enterRealm } from "./enter-realm.ts";
import { passOn } from "./pass-on.ts";
import type { RemotePluginOptions } from "./remote-plugin.ts";

/**
 * Runs it; resolves when all that the plugin wrote is stored.
 *
 * @throws What the plugin threw; CroftError `plugin/failed` when it is gone, the signal's reason when it was told to stop.
 */
export async function migrateRemotely(
  { manifest, from, paths, signal, log }: MigrationContext,
  options: RemotePluginOptions,
): Promise<void> {
  const { workspace } = options;
  const { realm, channel } = await enterRealm({ ...options, manifest });
  const streams = new AbortController();
  const calls = new PortCalls((message) => port.call(message));
  const port = new RemotePort(channel, {
    call: (message) => calls.receive(message),
    stream: (stream) => void passOn(stream, { workspace, manifest }, streams.signal),
    closed: ({ reason }) => calls.end(pluginGone(manifest.id, reason)),
  });
  serveLog(calls, log);
  try {
    const beginning: MigrationBeginning = { workspace: workspace.id, manifest, from, paths };
    await calls.ask(Life.migrate, beginning, signal);
  } finally {
    streams.abort();
    port.close(CloseCode.normal, "");
    realm.close();
  }
}
