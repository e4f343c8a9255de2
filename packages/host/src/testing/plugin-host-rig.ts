/** A host over a workspace on a memory store, plugins to register in it, and a look at documents; all of it ends with the test. */

import {
  createMemoryStore,
  type CroftError,
  type DocumentHandle,
  openWorkspace,
  type Workspace,
} from "@croft/core";
import { definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import { onTestFinished } from "vitest";
import {
  createPluginHost,
  type HostedWorkspace,
  type PluginHost,
  type PluginHostOptions,
} from "../index.ts";

export const ASKS = {
  permissions: {
    documents: [{ pattern: "notes/pages/*", access: "write", reason: "To count the words." }],
  },
} as const;

export type ManifestFields = Partial<Parameters<typeof definePlugin>[0]["manifest"]>;

export function manifest(id: string, fields: ManifestFields = {}) {
  return { name: id, version: "1.0.0", engine: "*", ...fields, id };
}

export function plugin(
  id: string,
  fields: ManifestFields = {},
  activation: (context: PluginContext) => void | Promise<void> = () => undefined,
): Plugin {
  return definePlugin({ manifest: manifest(id, fields), activate: activation });
}

/** A plugin that writes down when it is activated (`+id`) and deactivated (`-id`). */
export function tracked(
  log: string[],
  id: string,
  dependencies: Record<string, string> = {},
): Plugin {
  return definePlugin({
    manifest: manifest(id, { dependencies }),
    activate: () => void log.push(`+${id}`),
    deactivate: () => void log.push(`-${id}`),
  });
}

/** Registers and activates a plugin and hands out its context. */
export async function activate(
  host: PluginHost,
  id: string,
  fields: ManifestFields = {},
): Promise<{ plugin: Plugin; context: PluginContext }> {
  const contexts: PluginContext[] = [];
  const made = plugin(id, fields, (given) => void contexts.push(given));
  host.register(made);
  await host.activate(id);
  const [context] = contexts;
  if (!context) throw new Error("not activated");
  return { plugin: made, context };
}

/** A host over a workspace on a memory store, with a list of the plugins' replicas. */
export async function rig<Topics extends NonNullable<PluginHostOptions["topics"]>>(
  options: Partial<PluginHostOptions<Topics>> = {},
): Promise<{
  host: PluginHost<Topics>;
  workspace: Workspace;
  problems: CroftError[];
  replicas: { plugin: string; disposed: boolean }[];
  log: string[];
}> {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const problems: CroftError[] = [];
  const replicas: { plugin: string; disposed: boolean }[] = [];
  const watched: HostedWorkspace = {
    id: workspace.id,
    user: workspace.user,
    events: workspace.events,
    sync: workspace.sync,
    sharedAs: workspace.sharedAs,
    connectPlugin: (id, signal, options) => workspace.connectPlugin(id, signal, options),
    gate: workspace.gate,
    openDocuments: workspace.openDocuments,
    onChanged: (listener) => workspace.onChanged(listener),
    createPluginReplica(id, options) {
      const replica = workspace.createPluginReplica(id, options);
      const entry = { plugin: id, disposed: false };
      replicas.push(entry);
      return {
        open: (path) => replica.open(path),
        delete: (path, options) => replica.delete(path, options),
        undelete: (path) => replica.undelete(path),
        history: (path) => replica.history(path),
        listing: (prefix) => replica.listing(prefix),
        onChanged: (listener) => replica.onChanged(listener),
        events: replica.events,
        session: replica.session,
        usage: replica.usage,
        async dispose() {
          await replica.dispose();
          entry.disposed = true;
        },
      };
    },
  };
  const host = createPluginHost<Topics>({
    onProblem: (problem) => problems.push(problem),
    ...options,
    workspace: watched,
  });
  onTestFinished(async () => {
    await host.dispose();
    await workspace.dispose();
  });
  return { host, workspace, problems, replicas, log: [] };
}

export async function write(
  workspace: Workspace,
  path: string,
  body: string,
): Promise<DocumentHandle> {
  const handle = workspace.open(path);
  await handle.ready;
  handle.doc.getText("body").insert(0, body);
  await handle.saved("device");
  return handle;
}

export function text(handle: DocumentHandle): string {
  return handle.doc.getText("body").toString();
}

export async function textOf(workspace: Workspace, path: string): Promise<string> {
  const handle = workspace.open(path);
  await handle.ready;
  return text(handle);
}

export function stateOf(host: Pick<PluginHost, "list">, id: string): string | undefined {
  return host.list().find((status) => status.id === id)?.state.name;
}
