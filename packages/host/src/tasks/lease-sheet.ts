/**
 * The document in a plugin's subtree that says which device has which turn, and the ephemeral events by which holders say
 * that they live. Opened through a replica of the plugin's, so it passes the gate as all that the plugin does.
 */

import {
  createEmitter,
  type DocumentHandle,
  parseDocPath,
  type Replica,
  type Unsubscribe,
} from "@croft/core";
import * as z from "zod";
import type { HostedWorkspace } from "../plugin-host.ts";
import type { LeaseBoard } from "./lease.ts";
import { readEntry } from "./lease-entry.ts";

/** See the top of this file. */
export interface LeaseSheet {
  board(task: string): LeaseBoard;
  /** What was written is on the device when it resolves. */
  close(): Promise<void>;
}

/** The root in the document: one key for each task. */
const ROOT = "leases";
/** Of the plugin's own document, and of the topic on which holders say that they live. */
const NAME = "croft/leases";

const renewal = z.object({ task: z.string(), fence: z.int().nonnegative() });

/** Opens the {@link LeaseSheet} of a plugin. */
export function openLeaseSheet(
  workspace: Pick<HostedWorkspace, "createPluginReplica" | "sync">,
  { id, version }: { readonly id: string; readonly version: string },
): LeaseSheet {
  const replica: Replica = workspace.createPluginReplica(id, { version });
  const path = parseDocPath(`${id}/${NAME}`);
  const handle: DocumentHandle = replica.open(path);
  const changes = createEmitter<void>();
  const renewals = createEmitter<z.infer<typeof renewal>>();
  const tell = (): void => changes.emit();
  const leases = () => handle.doc.getMap(ROOT);
  let watched = leases();
  watched.observe(tell);
  const stops = [
    handle.onState(tell),
    handle.onReset(() => {
      watched = leases();
      watched.observe(tell);
      tell();
    }),
    replica.events.listen(({ topic, data }) => {
      const told = topic === path ? renewal.safeParse(data).data : undefined;
      if (told) renewals.emit(told);
    }),
  ];
  return {
    board: (task) => ({
      get ready() {
        return handle.state.ready;
      },
      get live() {
        return handle.state.live;
      },
      get writable() {
        return handle.state.access === "write";
      },
      get entry() {
        return readEntry(leases().get(task));
      },
      write: (entry) => {
        leases().set(task, { ...entry });
      },
      written: (signal) => {
        const level = workspace.sync.state.name === "none" ? "device" : "server";
        return handle.saved(level, { signal });
      },
      renew: (fence) => replica.events.publish(path, { task, fence }),
      onChange: (listener) => changes.on(listener),
      onRenewed: (listener) =>
        renewals.on((told) => {
          if (told.task === task) listener(told.fence);
        }),
    }),
    async close() {
      for (const stop of stops satisfies readonly Unsubscribe[]) stop();
      watched.unobserve(tell);
      changes.clear();
      renewals.clear();
      handle.close();
      await replica.dispose();
    },
  };
}
