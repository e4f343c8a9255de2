// What the examples in TSDoc comments may take for granted: names that a reader of the comment knows.

import type { Server } from "node:http";
import type { Admit, DocumentHandle as CroftHandle, Hub, Workspace, WriterId } from "@croft/core";
import type { PluginHost } from "@croft/host";
import type { Plugin, PluginContext } from "@croft/plugin";
import type * as Yjs from "yjs";

declare global {
  const openWorkspace: typeof import("@croft/core").openWorkspace;
  const createHub: typeof import("@croft/core").createHub;
  const createGate: typeof import("@croft/core").createGate;
  const inspectUpdate: typeof import("@croft/core").inspectUpdate;
  const parsePattern: typeof import("@croft/core").parsePattern;
  const servePeer: typeof import("@croft/core").servePeer;
  const createPluginHost: typeof import("@croft/host").createPluginHost;
  const {
    followDevelopment,
    followInstalled,
    loadSandboxed,
    loadTrusted,
  }: typeof import("@croft/host");
  const { createForkedLoader }: typeof import("@croft/host/node");
  const { fetchPackage, findRelease, readRegistry }: typeof import("@croft/host");
  const installed: import("@croft/host").InstalledPlugins;
  const defineApi: typeof import("@croft/plugin").defineApi;
  const indexeddbStore: typeof import("@croft/persistence/indexeddb").indexeddbStore;
  const openSqliteStore: typeof import("@croft/persistence/sqlite").openSqliteStore;
  const {
    counter,
    createUndo,
    recordIdFrom,
    defineCollection,
    list,
    openCollection,
    richText,
    set,
    transact,
  }: typeof import("@croft/core/collection");
  const { useDocument }: typeof import("@croft/react");
  const { Suspense }: typeof import("react");
  const { createRoot }: typeof import("react-dom/client");
  const { Button, h }: typeof import("@croft/plugin/view");
  const App: () => string;
  const root: HTMLElement;
  const panel: HTMLElement;
  const host: PluginHost;
  type DocumentHandle = CroftHandle;
  const Y: typeof Yjs;
  const z: typeof import("zod");

  const workspace: Workspace;
  const hub: Hub;
  const context: PluginContext;
  const stats: Plugin;
  const admit: Admit;
  const worker: Worker;
  const httpServer: Server;
  const doc: Yjs.Doc;
  const update: Uint8Array;
  const vector: ReadonlyMap<number, number>;
  const owners: ReadonlyMap<number, WriterId>;
  const writer: WriterId;
  const secret: string;
  const text: string;
  const fetchToken: () => Promise<string>;
}
