/** A host whose plugins run in its process, or at the other end of a real port. */

import { createMemoryStore, type CroftError, openWorkspace, type Workspace } from "@croft/core";
import {
  definePlugin,
  type Plugin,
  type PluginContext,
  type PluginManifestInput,
} from "@croft/plugin";
import { servePlugin } from "@croft/plugin/remote";
import { afterEach, beforeEach } from "vitest";
import { createPluginHost, type PluginHost, type PluginHostOptions } from "../plugin-host.ts";
import { createRemotePlugin } from "../remote/remote-plugin.ts";

/** Where a plugin can run. */
export const PLACES = ["in the host's process", "at the other end of a port"] as const;

/** See {@link setUpServices}; new for each test. */
export interface ServicesRig {
  /** The one that was created last. */
  readonly host: PluginHost;
  readonly problems: CroftError[];
  readonly createHost: (options?: Partial<PluginHostOptions>) => void;
  /** What brings plugins to such a place. */
  readonly at: (where: (typeof PLACES)[number]) => Placed;
}

/** Brings plugins to the place that a test is about. */
export interface Placed {
  /** Registers a plugin, and returns what gives its context while it is active. */
  readonly register: (
    id: string,
    more?: Partial<PluginManifestInput>,
    activate?: (context: PluginContext) => void | Promise<void>,
  ) => () => PluginContext;
  /** Registers a plugin, grants all that it asks for, and activates it. */
  readonly granted: (
    id: string,
    permissions: PluginManifestInput["permissions"],
  ) => Promise<PluginContext>;
}

/** Opens a workspace before each test of a file, and ends it and the host afterwards. */
export function setUpServices(): ServicesRig {
  let workspace: Workspace;
  let host: PluginHost;
  let problems: CroftError[];
  beforeEach(async () => {
    problems = [];
    workspace = await openWorkspace({
      id: "acme",
      user: "ada",
      store: async () => createMemoryStore(),
    });
  });
  afterEach(async () => {
    await host.dispose();
    await workspace.dispose();
  });
  const placed = (plugin: Plugin, where: (typeof PLACES)[number]): Plugin => {
    if (where === PLACES[0]) return plugin;
    const openRealm = async (admission: ArrayBuffer | undefined) => {
      const { port1, port2 } = new MessageChannel();
      servePlugin(plugin, port2, admission);
      return { port: port1, close: () => port2.close() };
    };
    return createRemotePlugin({ manifest: plugin.manifest, workspace, host, openRealm });
  };
  return {
    get host() {
      return host;
    },
    get problems() {
      return problems;
    },
    createHost(options = {}) {
      host = createPluginHost({
        workspace,
        onProblem: (problem) => problems.push(problem),
        onLog: () => undefined,
        ...options,
      });
    },
    at(where) {
      const register: Placed["register"] = (id, more = {}, activate = () => undefined) => {
        let context: PluginContext | undefined;
        const manifest = { id, name: id, version: "1.0.0", engine: "*", ...more };
        const plugin = definePlugin({
          manifest,
          activate(given) {
            context = given;
            return activate(given);
          },
        });
        host.register(placed(plugin, where));
        return () => {
          if (context) return context;
          throw new Error(`${id} was not activated`);
        };
      };
      return {
        register,
        async granted(id, permissions) {
          const context = register(id, { permissions });
          const asked = host.list().find((plugin) => plugin.id === id)?.manifest.permissions;
          host.grant(id, asked ?? {});
          await host.activate(id);
          return context();
        },
      };
    },
  };
}

/** What a promise rejects with. */
export async function refusal(promise: Promise<unknown>): Promise<CroftError> {
  const error = await promise.then(
    (value) => new Error(`resolved with ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  return error as CroftError;
}
