/** Puts the demo together: this device's workspace, and the plugins in it. */

import { openWorkspace, type Workspace } from "@croft/core";
import { statsPlugin } from "@croft/example-simple-plugin";
import { createPluginHost, type PluginHost } from "@croft/host";
import { indexeddbStore } from "@croft/persistence/indexeddb";
import { isOfflineChosen } from "./offline-choice.ts";
import { createViews, type Views } from "./views.ts";
import { fetchSession, type SessionRequest } from "./session.ts";
import { createNotesPlugin } from "../notes/notes-plugin.tsx";
import { grantAsBefore, STATS } from "../stats/stats-permission.ts";
import { statsView } from "../stats/stats-view.tsx";

/** The workspace that everybody who opens the demo shares. */
export const WORKSPACE = "demo";

/** The running demo. */
export interface Demo {
  readonly workspace: Workspace;
  readonly host: PluginHost;
  readonly views: Views;
}

/** Opens the demo in the store called `store`. */
export async function openDemo(request: SessionRequest, store: string): Promise<Demo> {
  const workspace = await openWorkspace({
    id: WORKSPACE,
    user: request.user,
    store: indexeddbStore({ name: store }),
    // Pages are there without a network, opened before or not.
    keep: { follow: ["notes/**"] },
    sync: {
      url: async () => (await fetchSession(request)).url,
      token: async () => (await fetchSession(request)).token,
      paused: isOfflineChosen(sessionStorage),
    },
  });
  const views = createViews();
  const host = createPluginHost({ workspace });
  host.register(createNotesPlugin(views));
  host.register(statsPlugin);
  grantAsBefore(host, localStorage);
  views.add({ plugin: STATS, slot: "panel", component: statsView(workspace, host) });
  // Not waited for: each view comes when its plugin is active.
  void host.start();
  return { workspace, host, views };
}
