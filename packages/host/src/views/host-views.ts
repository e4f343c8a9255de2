/** The views that plugins contribute, as an application finds and shows them. */

import { CroftError, type Unsubscribe } from "@croft/core";
import { parseActivation, type ViewContribution, type ViewSource } from "@croft/plugin";
import * as z from "zod";
import type { PluginStatus } from "../plugin-host.ts";
import { createMountedView, type MountedView } from "./mounted-view.ts";
import type { ViewKeyPress } from "./page-shortcuts.ts";
import type { OpenSurface } from "./surface.ts";
import { isThemeProperty, type ViewTheme } from "./theme.ts";

/** A view that a registered plugin contributes. */
export interface HostView extends ViewContribution {
  /** The id of the plugin. */
  readonly plugin: string;
  /** Its name, for people. */
  readonly pluginName: string;
}

/** Options of {@link HostViews.mount}. */
export interface MountOptions {
  /** How it looks. Default: croft's own colours, light or dark as the person's system is. */
  readonly theme?: ViewTheme | undefined;
  /** The language of the application. Default: the page's. */
  readonly lang?: string | undefined;
  /** Ends it when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * A person clicked on what opens this address, which may be anything: ask, check it, and open it in a new tab with
   * `noopener`. By default nothing is opened.
   */
  readonly onOpen?: ((address: string) => void) | undefined;
  /** Escape was pressed where it means nothing in the view; the keyboard is back where it was before already. */
  readonly onEscape?: (() => void) | undefined;
  /**
   * Shortcuts of the page, as `Mod+K`, that are to work while the keyboard is in the view: a frame of its own, from which the page hears no
   * keys. No plugin gets them. {@link MountedView.setShortcuts} changes them.
   */
  readonly shortcuts?: readonly string[] | undefined;
  /** One of them was pressed there; what it means `matchShortcut` says. */
  readonly onShortcut?: ((press: ViewKeyPress) => void) | undefined;
}

/** The views that plugins contribute, as an application finds and shows them. */
export interface HostViews {
  /** What can be shown; the same array until it changes. */
  list(): readonly HostView[];
  /** Tells of every change of {@link HostViews.list}. */
  onChange(listener: (views: readonly HostView[]) => void): Unsubscribe;
  /**
   * Shows a view in an element of the page, until it is disposed. A view that its plugin's manifest names in `activation`
   * (`view:stats/summary`) activates the plugin if it was never active, after `host.start()` and not in safe mode; while the
   * plugin is not active nothing is shown.
   *
   * A function in place of the element builds the view elsewhere, from the messages of `@croft/plugin/view`: it is called each time
   * that the plugin is there to describe it. Say `lang` then where there is no page. For tests, `@croft/testing` has one.
   *
   * @throws CroftError `plugin/unknown` when there is no such view, `plugin/view` when it is of the kind `framed`,
   *   `input/invalid` for a theme or a shortcut that is none.
   * @example
   * ```ts
   * const view = host.views.mount("stats/summary", panel, { theme: { scheme: "dark" } });
   * view.onState((state) => console.log(state.name)); // loading, shown
   * ```
   */
  mount(name: string, place: HTMLElement | OpenSurface, options?: MountOptions): MountedView;
}

/** The host's own side of it. */
export interface LiveHostViews extends HostViews {
  /** Takes all views out of the page. */
  dispose(): void;
}

/** What the host's views are made of. */
export interface HostViewsOptions {
  readonly list: () => readonly PluginStatus[];
  readonly onState: (listener: () => void) => Unsubscribe;
  /** Activates a plugin for a reason, in words that continue "was woken by", once it may be; rejects if it does not come. */
  readonly wake: (plugin: string, reason: string) => Promise<void>;
  readonly source: (plugin: string, view: string) => Promise<ViewSource>;
  readonly onProblem: (problem: CroftError) => void;
}

/** Creates the views of a host. */
export function createHostViews(options: HostViewsOptions): LiveHostViews {
  const mounted = new Set<MountedView>();
  let known: readonly HostView[] = [];

  const list = (): readonly HostView[] => {
    const next = options
      .list()
      .flatMap(({ manifest: { id: plugin, name, contributes } }) =>
        contributes.views.map((view) => ({ ...view, plugin, pluginName: name })),
      );
    if (JSON.stringify(next) !== JSON.stringify(known)) known = next;
    return known;
  };
  const statusOf = (plugin: string): PluginStatus | undefined =>
    options.list().find(({ id }) => id === plugin);
  return {
    list,
    onChange(listener) {
      let told = list();
      return options.onState(() => {
        if (list() === told) return;
        told = list();
        listener(told);
      });
    },
    mount(name, place, given = {}) {
      const view = list().find((each) => each.name === name);
      if (!view) {
        throw new CroftError("plugin/unknown", `No plugin has a view ${JSON.stringify(name)}.`, {
          hint: "`host.views.list()` says which there are.",
        });
      }
      const { plugin } = view;
      if (view.kind === "framed") throw noFramedViews(view);
      const { signal } = given;
      const theme = checkTheme(given.theme);
      const wishes = statusOf(plugin)?.manifest.activation.map(parseActivation) ?? [];
      const end = (): void => mount.dispose();
      const mount = createMountedView({
        ...given,
        place,
        view,
        theme,
        checkTheme,
        wakes: wishes.some((wish) => wish.on === "view" && wish.view === name),
        status: () => statusOf(plugin),
        onStatus: options.onState,
        wake: () => options.wake(plugin, `the view ${name}`),
        source: () => options.source(plugin, name),
        onProblem: options.onProblem,
        onEnd: () => {
          mounted.delete(mount);
          signal?.removeEventListener("abort", end);
        },
      });
      mounted.add(mount);
      if (signal?.aborted) end();
      signal?.addEventListener("abort", end);
      return mount;
    },
    dispose() {
      for (const each of [...mounted]) each.dispose();
    },
  };
}

/** A page of the plugin's own could tell others what it knows, by the names that it looks up. */
function noFramedViews({ name, plugin }: HostView): CroftError {
  const message = `The view ${name} wants a page of its own, which could reach the network.`;
  return new CroftError("plugin/view", message, {
    plugin,
    hint: "Describe it with `context.views.define`; see `docs/plugins.md` on framed views.",
  });
}

const THEME: z.ZodType<ViewTheme> = z.strictObject({
  scheme: z.enum(["light", "dark"]).optional(),
  properties: z.record(z.string(), z.string()).optional(),
});

function checkTheme(theme: ViewTheme = {}): ViewTheme {
  const result = THEME.safeParse(theme);
  const wrong = Object.entries(result.data?.properties ?? {}).find(
    ([name, value]) => !isThemeProperty(name, value),
  );
  if (result.success && !wrong) return result.data;
  const what = wrong ? `${wrong[0]} cannot be ${JSON.stringify(wrong[1])}` : "it is none";
  throw new CroftError("input/invalid", `The theme cannot be used: ${what}.`, {
    hint: "Names are `--croft-…`; values are colours, lengths and names of fonts.",
  });
}
