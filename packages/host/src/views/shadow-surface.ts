/** Builds a view of a plugin that runs in the page anyway: in a shadow root, by the same renderer. */

import { applySurroundings } from "./theme.ts";
import type { ElementSurfaceOptions, Surface } from "./surface.ts";
import { createRenderer } from "./view-renderer.ts";
import { VIEW_STYLE } from "./view-style.ts";

/** Opens a {@link Surface} in the page. */
export function openShadowSurface(options: ElementSurfaceOptions): Surface {
  const { element, view, label, port } = options;
  const place = document.createElement("div");
  const shadow = place.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(VIEW_STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const box = document.createElement("section");
  box.setAttribute("aria-label", label);
  box.style.cssText = `min-height:${view.minHeight}px;max-height:${view.maxHeight}px;overflow:auto`;
  const themed = document.createElement("div");
  const root = document.createElement("div");
  root.className = "c-root";
  box.append(themed);
  themed.append(root);
  shadow.append(box);
  element.append(place);
  const isInUse = (): boolean => root.contains(shadow.activeElement);
  const stop = createRenderer({ root, port, tell: options.tell, isInUse });
  let { surroundings } = options;
  const apply = (): void => {
    port.postMessage(["about", applySurroundings(themed, surroundings)]);
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", apply);
  apply();
  return {
    setSurroundings(changed) {
      surroundings = changed;
      apply();
    },
    // The page hears what is pressed in it.
    setShortcuts: () => undefined,
    focus() {
      root.querySelector<HTMLElement>("button, input, select, textarea, [tabindex]")?.focus();
    },
    dispose() {
      dark.removeEventListener("change", apply);
      stop();
      place.remove();
    },
  };
}
