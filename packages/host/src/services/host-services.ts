/** What the host does for plugins beside documents and events, put together: for each what it is granted. */

import type { Clock, CroftError } from "@croft/core";
import type {
  ApiClient,
  ApiContract,
  ApiMethods,
  GrantedPermissions,
  PermissionKindName,
  Permissions,
  PluginManifest,
  PluginServices,
} from "@croft/plugin";
import { createApis, createClient } from "@croft/plugin/remote";
import type { PluginState } from "../lifecycle.ts";
import { withoutCounterpart } from "../permissions.ts";
import { ApiBroker, type Callee } from "./api-broker.ts";
import { type DeviceOptions, Devices } from "./devices.ts";
import { NetworkBroker, type NetworkOptions } from "./network-broker.ts";
import { type AskPermission, PermissionAsker } from "./permission-asker.ts";
import { watchApis, watchDenials } from "./watch-denials.ts";

/** What an application may say about it. */
export interface ServiceOptions extends DeviceOptions {
  /** How plugins reach the network. */
  readonly network?: NetworkOptions | undefined;
  /**
   * Asks the person for a permission that a plugin requests while it runs. Without it such requests are refused.
   */
  readonly onAsk?: AskPermission | undefined;
}

/** What the host says of itself. */
export interface HostServicesOptions extends ServiceOptions {
  readonly clock: Clock;
  readonly find: (plugin: string) => Callee | undefined;
  /** See the broker of APIs. */
  readonly wake: (plugin: string, reason: string) => Promise<void>;
  /** The person agreed to what a plugin requested. */
  readonly onYes: (plugin: string, permissions: Permissions) => void;
  readonly onProblem: (problem: CroftError) => void;
}

/** APIs of plugins, for the application itself. */
export interface HostApis {
  /**
   * The functions of a plugin's API, as `context.apis.use` gives them to plugins. The application needs no grant.
   *
   * @example
   * ```ts
   * const search = defineApi("notes/search", {
   *   find: { input: z.object({ text: z.string() }), output: z.array(z.string()) },
   * });
   * const host = createPluginHost({ workspace });
   * const paths = await host.apis.use(search).find({ text: "croft" });
   * ```
   */
  use<Methods extends ApiMethods>(contract: ApiContract<Methods>): ApiClient<Methods>;
}

/** See the top of this file. */
export class HostServices {
  readonly apis: HostApis;
  readonly #network: NetworkBroker;
  readonly #devices: Devices;
  readonly #asker: PermissionAsker;
  readonly #apis: ApiBroker;

  constructor(options: HostServicesOptions) {
    const { clock } = options;
    this.#network = new NetworkBroker(options.network ?? {}, clock);
    this.#devices = new Devices(options, clock);
    this.#asker = new PermissionAsker(options);
    const broker = new ApiBroker(options);
    this.#apis = broker;
    this.apis = {
      use: (contract) =>
        createClient(contract, {
          call: async (api, method, input, call) => broker.callAsApp(api, method, input, call),
        }),
    };
  }

  /** What one activation of a plugin gets; `onDenied` hears of what it is refused for want of a permission. */
  open(
    manifest: PluginManifest,
    granted: () => GrantedPermissions,
    ended: AbortSignal,
    onDenied: (kind: PermissionKindName) => void,
  ): PluginServices {
    const services = {
      network: this.#network.open(manifest.id, () => granted().network, ended),
      notifications: this.#devices.notifications(manifest, granted, ended),
      clipboard: this.#devices.clipboard(manifest, granted, ended),
      permissions: this.#asker.open(manifest, granted, ended),
    };
    const apis = watchApis(this.#apis.open(manifest, granted, ended), onDenied);
    return { ...watchDenials(services, onDenied), apis: createApis(apis) };
  }

  /** A plugin is granted something else than before. */
  changed(manifest: PluginManifest, before: GrantedPermissions, granted: GrantedPermissions): void {
    const { id } = manifest;
    this.#network.recheck(id, granted.network);
    this.#apis.recheck(id, granted);
    this.#asker.allow(manifest, granted);
    this.#asker.refuse(manifest, withoutCounterpart(before, granted));
  }

  /** A plugin is in another state. */
  entered(plugin: string, state: PluginState): void {
    if (state.name !== "activating" && state.name !== "active") this.#apis.leave(plugin);
  }

  /** A plugin is not registered any more. */
  forget(plugin: string): void {
    this.#network.forget(plugin);
    this.#devices.forget(plugin);
  }
}
