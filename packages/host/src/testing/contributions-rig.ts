/** A host with a plugin that contributes one of each, beside it or at the other end of a port. */

import {
  createMemoryDisk,
  createMemoryStore,
  type CroftError,
  openWorkspace,
  type Workspace,
} from "@croft/core";
import {
  definePlugin,
  parseManifest,
  type Plugin,
  type PluginContext,
  type PluginManifestInput,
} from "@croft/plugin";
import { servePlugin } from "@croft/plugin/remote";
import { afterEach, beforeEach } from "vitest";
import { createPluginHost, type LogEntry, type PluginHost } from "../plugin-host.ts";
import { createRemotePlugin } from "../remote/remote-plugin.ts";

export const MANIFEST = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  activation: [],
  permissions: {
    documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
  },
  contributes: {
    commands: [
      { name: "stats/recount", title: "Count again", shortcut: "Mod+Shift+K" },
      { name: "stats/reset", title: "Reset", category: "Statistics" },
    ],
    settings: [
      { name: "goal", title: "Goal", type: "number", default: 100, min: 1, max: 500 },
      { name: "unit", title: "Unit", scope: "workspace", type: "string", default: "words" },
      { name: "skip", title: "Skip", type: "texts" },
    ],
    status: [
      { name: "stats/words", title: "Words" },
      { name: "stats/mood", title: "Mood" },
    ],
    importers: [{ name: "stats/csv", title: "Table", extensions: ["csv"] }],
    exporters: [
      { name: "stats/csv", title: "Table", mediaTypes: ["text/csv"], documents: "notes/*" },
    ],
  },
} as const satisfies PluginManifestInput;

/** What a plugin does when it is activated. */
export type Activate = (context: PluginContext) => void | Promise<void>;

/** See {@link setUpContributions}; new for each test. */
export interface ContributionsRig {
  workspace: Workspace;
  host: PluginHost;
  readonly problems: CroftError[];
  readonly logged: LogEntry[];
  /** Opens the workspace once more on the same disk. */
  readonly openAcme: () => Promise<Workspace>;
  readonly createHost: () => PluginHost;
  /** Registers the plugin beside the host. */
  readonly beside: (activate: Activate) => void;
  /** Registers it at the other end of a port. */
  readonly atAPort: (activate: Activate) => void;
  /** Registers one whose end of the port is served by hand. */
  readonly served: (serve: (port: MessagePort) => void) => void;
  readonly stateOf: () => string | undefined;
  /** Of each command, whether it can be run. */
  readonly enabled: () => readonly boolean[];
  readonly write: (path: string, text: string) => Promise<void>;
}

/** Sets the rig up before each test of a file, and ends it afterwards. */
export function setUpContributions(): ContributionsRig {
  let workspace: Workspace;
  let host: PluginHost;
  let problems: CroftError[];
  let logged: LogEntry[];
  let disk: ReturnType<typeof createMemoryDisk>;
  const openAcme = (): Promise<Workspace> =>
    openWorkspace({ id: "acme", user: "ada", store: async () => createMemoryStore(disk) });
  const createHost = (): PluginHost =>
    createPluginHost({
      workspace,
      onProblem: (problem) => problems.push(problem),
      onLog: (entry) => logged.push(entry),
    });
  beforeEach(async () => {
    problems = [];
    logged = [];
    disk = createMemoryDisk();
    workspace = await openAcme();
    host = createHost();
  });
  afterEach(async () => {
    await host.dispose();
    await workspace.dispose();
  });
  const served: ContributionsRig["served"] = (serve) => {
    const openRealm = async () => {
      const { port1, port2 } = new MessageChannel();
      serve(port2);
      return { port: port1, close: () => port2.close() };
    };
    const manifest = parseManifest(MANIFEST);
    host.register(createRemotePlugin({ manifest, workspace, host, openRealm, sealed: false }));
  };
  return {
    get workspace() {
      return workspace;
    },
    set workspace(opened) {
      workspace = opened;
    },
    get host() {
      return host;
    },
    set host(created) {
      host = created;
    },
    get problems() {
      return problems;
    },
    get logged() {
      return logged;
    },
    openAcme,
    createHost,
    beside: (activate) => host.register(define(activate)),
    atAPort: (activate) => served((port) => servePlugin(define(activate), port)),
    served,
    stateOf: () => host.list().find(({ id }) => id === "stats")?.state.name,
    enabled: () => host.commands.list().map((command) => command.enabled),
    async write(path, text) {
      const handle = workspace.open(path);
      await handle.ready;
      handle.doc.getText("body").insert(0, text);
      await handle.saved("device");
      handle.close();
    },
  };
}

/** What never ends. */
export const forever = (): Promise<never> => new Promise(() => undefined);

function define(activate: Activate): Plugin {
  return definePlugin({ manifest: parseManifest(MANIFEST), activate });
}
