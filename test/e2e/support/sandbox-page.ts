/** What the page of the sandbox's tests offers them: croft, as an application has it. */

import { createMemoryStore, openWorkspace, type Workspace } from "@croft/core";
import {
  createPluginHost,
  followInstalled,
  type InstalledPlugins,
  loadSandboxed,
  type PluginHost,
  type PluginHostOptions,
} from "@croft/host";

/** See the top of this file. */
export interface SandboxPage {
  readonly workspace: Workspace;
  readonly host: PluginHost;
  readonly installed: InstalledPlugins;
  readonly problems: string[];
  readonly logged: string[];
}

/** What a test sets otherwise than the others. */
export type SandboxPageOptions = Pick<PluginHostOptions, "deadlines" | "supervision">;

async function open(options: SandboxPageOptions = {}): Promise<SandboxPage> {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const problems: string[] = [];
  const logged: string[] = [];
  const host = createPluginHost({
    workspace,
    deadlines: { deactivate: 1_000 },
    // Nothing comes back by itself while a test looks at what is left.
    supervision: { firstRestart: 600_000, longestWait: 600_000, crashes: 2 },
    // The tests' server is this very page's.
    network: { allowLocalhost: true, closedOrigins: [] },
    onProblem: ({ message }) => problems.push(message),
    onLog: ({ plugin, message, data }) => logged.push(`${plugin}: ${message} ${String(data)}`),
    ...options,
  });
  const installed = await followInstalled({
    workspace,
    host,
    load: loadSandboxed,
    allowUnsigned: true,
    onProblem: ({ message }) => problems.push(message),
  });
  await host.start();
  return { workspace, host, installed, problems, logged };
}

Object.assign(globalThis, { openSandboxPage: open });
