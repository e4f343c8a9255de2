/** Where a view is built: what the two kinds of places have in common. */

import type { ViewContribution } from "@croft/plugin";
import type { ViewSurroundings } from "./theme.ts";
import type { RendererNews } from "./view-renderer.ts";

/** What a surface is made with. */
export interface SurfaceOptions {
  readonly element: HTMLElement;
  readonly view: ViewContribution;
  /** What assistive technology calls it. */
  readonly label: string;
  readonly surroundings: ViewSurroundings;
  /** To the plugin. */
  readonly port: MessagePort;
  readonly tell: (news: RendererNews) => void;
}

/** See the top of this file. */
export interface Surface {
  setSurroundings(surroundings: ViewSurroundings): void;
  focus(): void;
  dispose(): void;
}
