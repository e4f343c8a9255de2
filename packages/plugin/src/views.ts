/** Views, as a plugin defines them. */

import type { ViewRender } from "./view/view-session.ts";

/** The views of a plugin. */
export interface PluginViews {
  /**
   * Defines a view that the manifest contributes: `render` describes it, each place where it is shown. It is described anew
   * after each event of it, and when {@link DefinedView.update} is called; what changed is found and sent.
   *
   * @throws CroftError `input/invalid` when the manifest does not contribute it or it is defined already, `disposed`
   *   after the deactivation.
   * @example
   * ```ts
   * let count = 0;
   * const view = context.views.define("stats/summary", () =>
   *   h(Button, { onPress: () => void count++ }, `Pressed ${count} times`),
   * );
   * context.events.subscribe("data_changed", () => view.update());
   * ```
   */
  define(name: string, render: ViewRender): DefinedView;
  /**
   * Passes a view on: `connect` is called for each place where it is shown, with the port over which it is to be described
   * in the messages of `@croft/plugin/view`. For hosts, and for bridges to other ways to describe views.
   */
  define(name: string, source: ViewSource): DefinedView;
}

/** A view that was defined. */
export interface DefinedView {
  /** Has it described anew, soon, wherever it is shown. Does nothing for a {@link ViewSource}. */
  update(): void;
}

/** Where a view comes from. */
export interface ViewSource {
  /** Whether its code runs fenced off from the page: then what builds the view is fenced off, too. */
  readonly fenced: boolean;
  /** Describes it over this port until the returned function is called. */
  connect(port: MessagePort): () => void;
}
