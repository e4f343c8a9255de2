/** Where a view is built: what the two kinds of places have in common. */

import type { ViewContribution } from "@croft/plugin";
import type { ViewKeyPress } from "./page-shortcuts.ts";
import type { ViewSurroundings } from "./theme.ts";
import type { RendererNews } from "./view-renderer.ts";

/** What a surface is made with. */
export interface SurfaceOptions {
  readonly view: ViewContribution;
  /** What assistive technology calls it. */
  readonly label: string;
  readonly surroundings: ViewSurroundings;
  /** Shortcuts of the page, as chords. */
  readonly shortcuts: readonly string[];
  /** To the plugin. */
  readonly port: MessagePort;
  readonly tell: (news: RendererNews) => void;
  /** A shortcut of the page was pressed where the page itself does not hear it. */
  readonly onShortcut: (press: ViewKeyPress) => void;
}

/** What one in the page is made with. */
export interface ElementSurfaceOptions extends SurfaceOptions {
  readonly element: HTMLElement;
}

/** Opens a surface; what it rejects with fails the view. */
export type OpenSurface = (options: SurfaceOptions) => Surface | Promise<Surface>;

/** Where a view is built. */
export interface Surface {
  /** The theme, or what else surrounds it, is another one now. */
  setSurroundings(surroundings: ViewSurroundings): void;
  /** The shortcuts of the page that are to be passed on from now on. */
  setShortcuts(shortcuts: readonly string[]): void;
  /** Moves the keyboard into it. */
  focus(): void;
  /** Takes it away. */
  dispose(): void;
}
