/** One plugin that contributes, from its registration until it is unregistered: what its manifest says, and what it does about it. */

import { type Clock, createEmitter, type CroftError, type Emitter, unreachable } from "@croft/core";
import type { PluginManifest, SettingValue, StatusContent } from "@croft/plugin";
import type { ContributionPort, HandlerKind } from "@croft/plugin/remote";
import type { PluginState } from "../lifecycle.ts";
import { PluginHandlers } from "./plugin-handlers.ts";

/** Options of {@link Contributor}. */
export interface ContributorOptions {
  readonly manifest: PluginManifest;
  readonly clock: Pick<Clock, "delay">;
  /** Whether calls do not start it. */
  readonly safeMode: boolean;
  readonly wake: () => Promise<void>;
  readonly getSetting: (name: string) => SettingValue;
  /** What it shows, or what can be called of it, may be another now; without a kind, all of it. */
  readonly onChange: (kind?: HandlerKind | "status") => void;
  readonly onProblem: (problem: CroftError) => void;
}

/** See the top of this file. */
export class Contributor {
  readonly manifest: PluginManifest;
  readonly handlers: PluginHandlers;
  /** What its status items show, by name. */
  readonly status: Map<string, StatusContent> = new Map();
  /** Takes what the plugin does. */
  readonly port: ContributionPort;
  readonly #options: ContributorOptions;
  readonly #settings: Emitter<readonly [name: string, value: SettingValue]> = createEmitter();
  /** As they were told last, of those that the plugin may have read. */
  readonly #told = new Map<string, SettingValue>();
  #state: PluginState = { name: "registered" };

  constructor(options: ContributorOptions) {
    const { manifest, clock, wake, onChange, onProblem } = options;
    this.#options = options;
    this.manifest = manifest;
    this.handlers = new PluginHandlers({ plugin: manifest.id, clock, wake, onChange, onProblem });
    this.port = {
      handle: (kind, name, handler) => this.handlers.register(kind, name, handler),
      setStatus: (name, content) => {
        // Last words of one that ends are not shown.
        if (!this.#mayShow) return;
        if (content) this.status.set(name, content);
        else this.status.delete(name);
        onChange("status");
      },
      getSetting: options.getSetting,
      onSetting: (listener) => this.#settings.on(([name, value]) => listener(name, value)),
    };
  }

  /** Whether a call can succeed, as far as one knows before. */
  isEnabled(kind: HandlerKind, name: string): boolean {
    switch (this.#state.name) {
      case "active":
        return this.handlers.has(kind, name);
      case "registered":
      case "deactivating":
      case "inactive":
        // A call activates it.
        return !this.#options.safeMode;
      case "activating":
      case "crashing":
      case "crashed":
        // It comes by itself.
        return true;
      case "failed":
      case "suspended":
        return false;
      default:
        return unreachable(this.#state);
    }
  }

  /** The plugin is in another state. */
  setState(state: PluginState): void {
    this.#state = state;
    if (state.name === "activating") this.rememberSettings();
    if (!this.#mayShow) this.end();
    this.#options.onChange();
  }

  /** Settings as they are now are nothing new. */
  rememberSettings(): void {
    for (const { name } of this.manifest.contributes.settings) {
      this.#told.set(name, this.#options.getSetting(name));
    }
  }

  /** Tells the plugin of settings that are others than before. */
  tellSettings(): void {
    for (const { name } of this.manifest.contributes.settings) {
      const value = this.#options.getSetting(name);
      if (JSON.stringify(this.#told.get(name)) === JSON.stringify(value)) continue;
      this.#told.set(name, value);
      this.#settings.emit([name, value]);
    }
  }

  /** Nothing of what the plugin did is left. */
  end(): void {
    this.handlers.end();
    this.status.clear();
  }

  get #mayShow(): boolean {
    return this.#state.name === "active" || this.#state.name === "activating";
  }
}
