/** One place in the page where a view is shown, as long as its plugin is active. */

import {
  createEmitter,
  CroftError,
  toCroftError,
  unreachable,
  type Unsubscribe,
} from "@croft/core";
import type { PluginManifest, ViewSource } from "@croft/plugin";
import { chordOfShortcut } from "../contributions/match-shortcut.ts";
import type { PluginStatus } from "../plugin-host.ts";
import { openFrameSurface } from "./frame-surface.ts";
import type { HostView, MountOptions } from "./host-views.ts";
import { openShadowSurface } from "./shadow-surface.ts";
import type { OpenSurface, Surface, SurfaceOptions } from "./surface.ts";
import type { ViewSurroundings, ViewTheme } from "./theme.ts";
import type { RendererNews } from "./view-renderer.ts";

/** What a place shows. */
export type MountedViewState =
  /** Nothing: its plugin is not active. */
  | { readonly name: "waiting" }
  /** Nothing yet: its plugin is to be activated, or is just being, or has not described it. */
  | { readonly name: "loading" }
  | { readonly name: "shown" }
  /** Nothing: its plugin failed, is suspended, lacks another one or is kept down in safe mode, or it described what cannot be shown. */
  | { readonly name: "failed"; readonly error: CroftError }
  /** Nothing any more. */
  | { readonly name: "ended" };

/** A view in the page. */
export interface MountedView {
  readonly state: MountedViewState;
  /** Tells of every change of {@link MountedView.state}. */
  onState(listener: (state: MountedViewState) => void): Unsubscribe;
  /**
   * Changes how it looks.
   *
   * @throws CroftError `input/invalid` for a theme that is none.
   */
  setTheme(theme: ViewTheme): void;
  /**
   * Changes the page's shortcuts that work in it.
   *
   * @throws CroftError `input/invalid` for a shortcut that is none.
   */
  setShortcuts(shortcuts: readonly string[]): void;
  /** Brings the keyboard there. */
  focus(): void;
  /** Takes it out of the page. Idempotent. */
  dispose(): void;
}

/** What a mounted view is made with. */
export interface MountedViewOptions extends MountOptions {
  /** In the page; or what opens another place for it. */
  readonly place: HTMLElement | OpenSurface;
  readonly view: HostView;
  readonly theme: ViewTheme;
  readonly checkTheme: (theme: ViewTheme) => ViewTheme;
  readonly wakes: boolean;
  readonly status: () => PluginStatus | undefined;
  readonly onStatus: (listener: () => void) => Unsubscribe;
  /** Resolves when its plugin is active. */
  readonly wake: () => Promise<void>;
  readonly source: () => Promise<ViewSource>;
  readonly onProblem: (problem: CroftError) => void;
  readonly onEnd: () => void;
}

/** Mounts a view. */
export function createMountedView(options: MountedViewOptions): MountedView {
  return new Mounted(options);
}

interface Connection {
  surface?: Surface | undefined;
  disconnect?: (() => void) | undefined;
}

/**
 * How a view called for its plugin. It does so once for each registration, since what failed is started again by a person, and
 * once more when what the plugin lacked is there.
 */
interface Call {
  /** Another object for each registration. */
  readonly manifest: PluginManifest;
  /** Whether it was in vain. */
  isOver: boolean;
  /** Whether the plugin lacked another one after that. */
  lacked: boolean;
}

class Mounted implements MountedView {
  state: MountedViewState = { name: "waiting" };
  readonly #options: MountedViewOptions;
  readonly #changes = createEmitter<MountedViewState>();
  readonly #stop: Unsubscribe;
  #theme: ViewTheme;
  /** As chords. */
  #shortcuts: readonly string[];
  #connection: Connection | undefined;
  #call: Call | undefined;

  constructor(options: MountedViewOptions) {
    this.#options = options;
    this.#theme = options.theme;
    this.#shortcuts = chordsOf(options.shortcuts ?? []);
    this.#stop = options.onStatus(() => this.#look());
    this.#look();
  }

  onState(listener: (state: MountedViewState) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  setTheme(theme: ViewTheme): void {
    this.#theme = this.#options.checkTheme(theme);
    this.#connection?.surface?.setSurroundings(this.#surroundings);
  }

  setShortcuts(shortcuts: readonly string[]): void {
    this.#shortcuts = chordsOf(shortcuts);
    this.#connection?.surface?.setShortcuts(this.#shortcuts);
  }

  focus(): void {
    this.#connection?.surface?.focus();
  }

  dispose(): void {
    if (this.state.name === "ended") return;
    this.#stop();
    this.#disconnect();
    this.#set({ name: "ended" });
    this.#changes.clear();
    this.#options.onEnd();
  }

  /** Does what the plugin's state asks for. */
  #look(): void {
    if (this.state.name === "ended") return;
    const status = this.#options.status();
    if (status?.state.name !== "active") this.#disconnect();
    if (!status) {
      this.#set({ name: "waiting" });
      return;
    }
    const { state } = status;
    switch (state.name) {
      case "active":
        if (!this.#connection) void this.#connect();
        break;
      case "activating":
        this.#set({ name: "loading" });
        break;
      case "registered":
        if (this.#options.wakes) this.#wake(status);
        else this.#wait(status);
        break;
      case "inactive":
        this.#wait(status);
        break;
      case "failed":
      case "suspended":
        this.#set({ name: "failed", error: state.error });
        break;
      case "deactivating":
      case "crashing":
      case "crashed":
        // On its way elsewhere by itself.
        this.#set({ name: "waiting" });
        break;
      default:
        unreachable(state);
    }
  }

  /** Its plugin does not run: what others have to do with that is said. */
  #wait({ lack }: PluginStatus): void {
    this.#set(lack ? { name: "failed", error: lack } : { name: "waiting" });
  }

  #wake({ manifest, lack }: PluginStatus): void {
    const last = this.#call;
    if (last?.manifest === manifest && (lack || !last.lacked)) {
      if (!last.isOver || !lack) return;
      last.lacked = true;
      this.#set({ name: "failed", error: lack });
      return;
    }
    const call: Call = { manifest, isOver: false, lacked: false };
    this.#call = call;
    this.#set({ name: "loading" });
    this.#options.wake().catch((error: unknown) => {
      call.isOver = true;
      if (this.#call !== call) return;
      call.lacked = this.#options.status()?.lack !== undefined;
      // What its own failure is, its state says too; that another is lacking, only this.
      const failed = toCroftError(error, "plugin/failed", "A plugin cannot be activated");
      if (this.state.name === "loading") this.#set({ name: "failed", error: failed });
    });
  }

  async #connect(): Promise<void> {
    const connection: Connection = {};
    const isStale = (): boolean => this.#connection !== connection;
    this.#connection = connection;
    this.#set({ name: "loading" });
    try {
      const source = await this.#options.source();
      if (isStale()) return;
      const { port1, port2 } = new MessageChannel();
      const options = this.#surfaceOptions(port1, (news) => {
        if (!isStale()) this.#hear(news);
      });
      const surface = await this.#open(source, options);
      if (isStale()) {
        surface.dispose();
        return;
      }
      connection.surface = surface;
      connection.disconnect = source.connect(port2);
    } catch (error) {
      if (isStale()) return;
      this.#fail(toCroftError(error, "plugin/failed", `${this.#name} cannot be shown`));
    }
  }

  async #open({ fenced }: ViewSource, options: SurfaceOptions): Promise<Surface> {
    const { place } = this.#options;
    if (typeof place === "function") return place(options);
    const inPage = { ...options, element: place };
    return fenced ? openFrameSurface(inPage) : openShadowSurface(inPage);
  }

  #surfaceOptions(port: MessagePort, tell: (news: RendererNews) => void): SurfaceOptions {
    const { view, onShortcut } = this.#options;
    const label = `${view.title} (${view.pluginName})`;
    return {
      view,
      label,
      surroundings: this.#surroundings,
      shortcuts: this.#shortcuts,
      port,
      tell,
      onShortcut: (press) => onShortcut?.(press),
    };
  }

  #hear(news: RendererNews): void {
    const { view, onOpen, onEscape } = this.#options;
    if ("shown" in news) this.#set({ name: "shown" });
    else if ("open" in news) onOpen?.(news.open);
    else if ("escape" in news) onEscape?.();
    else {
      const message = `The view ${view.name} cannot be shown: ${news.stopped}.`;
      this.#fail(new CroftError("plugin/view", message, { plugin: view.plugin }));
    }
  }

  #fail(error: CroftError): void {
    const { onProblem } = this.#options;
    // Not tried again before the plugin is activated anew.
    const connection: Connection = {};
    this.#disconnect();
    this.#connection = connection;
    this.#set({ name: "failed", error });
    onProblem(error);
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.disconnect?.();
    connection?.surface?.dispose();
  }

  get #name(): string {
    return `The view ${this.#options.view.name}`;
  }

  get #surroundings(): ViewSurroundings {
    const { view, lang = document.documentElement.lang || "en" } = this.#options;
    return { lang, title: view.title, theme: this.#theme };
  }

  #set(state: MountedViewState): void {
    if (isSame(this.state, state)) return;
    this.state = state;
    this.#changes.emit(state);
  }
}

/** What is lacking is described anew whenever somebody looks. */
function isSame(a: MountedViewState, b: MountedViewState): boolean {
  if (a.name !== "failed" || b.name !== "failed") return a.name === b.name;
  return (
    a.error === b.error || (a.error.code === b.error.code && a.error.message === b.error.message)
  );
}

function chordsOf(shortcuts: readonly string[]): readonly string[] {
  return shortcuts.map((shortcut) => chordOfShortcut(shortcut));
}
