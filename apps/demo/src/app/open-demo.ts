/** Puts the demo together: this device's workspace, and the plugins in it. */

import { type CroftError, openWorkspace, type Workspace } from "@croft/core";
import { createPluginHost, type LogEntry, type PluginHost } from "@croft/host";
import { indexeddbStore } from "@croft/persistence/indexeddb";
import { isOfflineChosen } from "./offline-choice.ts";
import { createViews, type Views } from "./views.ts";
import { fetchSession, type SessionRequest } from "./session.ts";
import { createNotesPlugin } from "../notes/notes-plugin.tsx";
import { createJournal, lineOf } from "../plugins/journal.ts";
import { createPluginManager, type PluginManager } from "../plugins/manager.ts";
import { STATS } from "../stats/word-counts.ts";
import { statsView } from "../stats/stats-view.tsx";

/** The workspace that everybody who opens the demo shares. */
export const WORKSPACE = "demo";

/** The running demo. */
export interface Demo {
  readonly workspace: Workspace;
  readonly host: PluginHost;
  readonly views: Views;
  readonly plugins: PluginManager;
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
  const journal = createJournal();
  const onProblem = (problem: CroftError) => {
    console.warn(problem.message, problem);
    const { plugin = "", message: text, hint } = problem;
    journal.add(plugin, { kind: "problem", text, hint });
  };
  const onLog = ({ plugin, level, message, data }: LogEntry) =>
    journal.add(plugin, { kind: level, text: lineOf(message, data) });
  const host = createPluginHost({ workspace, onProblem, onLog });
  host.register(createNotesPlugin(views));
  // Unsigned ones where the app itself is being developed (`npm start -- --watch`), and nowhere else.
  // By the mode, which the demo's server sets: `DEV` follows whatever NODE_ENV the shell has.
  const allowsUnsigned = import.meta.env.MODE === "development";
  const plugins = createPluginManager({ workspace, host, journal, allowsUnsigned, onProblem });
  views.add({ plugin: STATS, slot: "panel", component: statsView(workspace, plugins) });
  // Not waited for: each view comes when its plugin is active.
  void host.start();
  return { workspace, host, views, plugins };
}
