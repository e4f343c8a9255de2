/** What the page of the sandbox's tests offers them: croft, as an application has it. */

import { createMemoryStore, openWorkspace, type Workspace } from "@croft/core";
import {
  createPluginHost,
  followInstalled,
  type InstalledPlugins,
  loadSandboxed,
  type PluginHost,
} from "@croft/host";

/** See the top of this file. */
export interface SandboxPage {
  readonly workspace: Workspace;
  readonly host: PluginHost;
  readonly installed: InstalledPlugins;
  readonly problems: string[];
  readonly logged: string[];
  /** The longest time that this page did not get to run, in milliseconds, since it was set to 0. */
  longestGap: number;
}

async function open(): Promise<SandboxPage> {
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
    onProblem: ({ message }) => problems.push(message),
    onLog: ({ plugin, message, data }) => logged.push(`${plugin}: ${message} ${String(data)}`),
  });
  const installed = await followInstalled({
    workspace,
    host,
    load: loadSandboxed,
    allowUnsigned: true,
    onProblem: ({ message }) => problems.push(message),
  });
  await host.start();
  const page: SandboxPage = { workspace, host, installed, problems, logged, longestGap: 0 };
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    page.longestGap = Math.max(page.longestGap, now - last - 20);
    last = now;
  }, 20);
  return page;
}

Object.assign(globalThis, { openSandboxPage: open });
