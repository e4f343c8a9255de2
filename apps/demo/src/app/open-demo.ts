/** Puts the demo together: this device's workspace, and the plugins in it. */

import { type CroftError, openWorkspace, type Workspace } from "@croft/core";
import {
  browserClipboard,
  browserNotifications,
  createLocalMemory,
  createPluginHost,
  followDevelopment,
  loadSandboxed,
  type LogEntry,
  type PluginHost,
  type UpdatePolicy,
} from "@croft/host";
import { indexeddbStore } from "@croft/persistence/indexeddb";
import { isOfflineChosen } from "./offline-choice.ts";
import {
  developedAt,
  loadUpdateChoice,
  UPDATE_AGE,
  type UpdateChoice,
  wantsSafeMode,
} from "./start-choices.ts";
import { keepSyncOrigin, knownSyncOrigin } from "./sync-origin.ts";
import { createViews, type Views } from "./views.ts";
import { fetchSession, type SessionRequest } from "./session.ts";
import { createNotesPlugin } from "../notes/notes-plugin.tsx";
import { createJournal, lineOf } from "../plugins/journal.ts";
import { createPluginManager, type PluginManager } from "../plugins/manager.ts";
import { createQuestions, type Questions } from "../plugins/questions.ts";
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
  /** What plugins ask while they run. */
  readonly questions: Questions;
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
      url: async () => {
        const { url } = await fetchSession(request);
        keepSyncOrigin(localStorage, url);
        return url;
      },
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
  const questions = createQuestions();
  const host = createPluginHost({
    workspace,
    onProblem,
    onLog,
    memory: await createLocalMemory(workspace),
    safeMode: wantsSafeMode(location.search),
    onAsk: questions.ask,
    notifications: browserNotifications(),
    clipboard: browserClipboard(),
    network: { closedOrigins: await closedOrigins(request) },
  });
  const notes = createNotesPlugin(views);
  host.register(notes);
  // Unsigned ones where the app itself is being developed (`npm start -- --watch`), and nowhere else.
  // By the mode, which the demo's server sets: `DEV` follows whatever NODE_ENV the shell has.
  const allowsUnsigned = import.meta.env.MODE === "development";
  const plugins = createPluginManager({
    workspace,
    host,
    journal,
    allowsUnsigned,
    updates: policyFor(loadUpdateChoice(localStorage)),
    onProblem,
  });
  const developed = allowsUnsigned ? developedAt(location.search) : undefined;
  if (developed !== undefined) {
    // For as long as this window is open. What is wrong with the address is told, too.
    const { signal } = new AbortController();
    const from = { url: developed, workspace, host, load: loadSandboxed };
    followDevelopment({ ...from, onProblem, signal }).catch(onProblem);
  }
  views.add({ plugin: STATS, slot: "panel", component: statsView(workspace, plugins) });
  // Not waited for: each view comes when its plugin is active.
  void host.start();
  // The notes are the app itself, so they are there in safe mode as well. Why they are not, if they are not, is in their state.
  if (host.safeMode) host.activate(notes.manifest.id).catch(() => undefined);
  return { workspace, host, views, plugins, questions };
}

/** What no plugin reaches, whatever is granted: this page's own server, and the one that syncs. */
async function closedOrigins(request: SessionRequest): Promise<readonly string[]> {
  const known = knownSyncOrigin(localStorage);
  if (known !== undefined) return [location.origin, known];
  try {
    const { url } = await fetchSession(request);
    return [location.origin, keepSyncOrigin(localStorage, url)];
  } catch {
    // Without a network at the very first start: no plugin is here then that could be granted anything.
    return [location.origin];
  }
}

function policyFor(choice: UpdateChoice): UpdatePolicy {
  return choice === "now" ? {} : { onceAgreed: true, minAge: UPDATE_AGE };
}
