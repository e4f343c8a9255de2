/**
 * Builds a view of a plugin that runs fenced off: in a frame with nothing but the renderer, connected with the plugin's worker by a
 * port. The page sees neither the plugin's nodes nor its messages, and a plugin that floods its view does so in another process.
 */

import { fencedFrame, hashOf, startFrame } from "../sandbox/frame.ts";
import { guardFocus } from "./focus-guard.ts";
import type { ViewKeyPress } from "./page-shortcuts.ts";
import type { ElementSurfaceOptions, Surface } from "./surface.ts";
import { VIEW_BOOT, VIEW_BOOT_HASH } from "./view-boot.generated.ts";
import type { RendererNews } from "./view-renderer.ts";
import { VIEW_STYLE } from "./view-style.ts";

type FrameNews =
  | RendererNews
  | { readonly height: number }
  | { readonly pressed: ViewKeyPress }
  /** The keyboard is in it now. */
  | { readonly entered: "pointer" | "other" };

/** Opens a {@link Surface} in a frame. Rejects when the page does not let it start. */
export async function openFrameSurface(options: ElementSurfaceOptions): Promise<Surface> {
  const { element, view, label, port, tell } = options;
  const frame = fencedFrame(label);
  frame.style.cssText = `display:block;width:100%;border:0;height:${view.minHeight}px`;
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${VIEW_BOOT_HASH}'`,
    `style-src 'sha256-${await hashOf(VIEW_STYLE)}'`,
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
  frame.srcdoc = `<!doctype html><meta http-equiv="content-security-policy" content="${policy}"><style>${VIEW_STYLE}</style><script>${VIEW_BOOT}</script>`;
  const { port1: page, port2 } = new MessageChannel();
  const guard = guardFocus(frame);
  let sizing = 0;
  const dispose = (): void => {
    frame.remove();
    page.close();
    port.close();
    guard.dispose();
    cancelAnimationFrame(sizing);
  };
  try {
    await startFrame(frame, element, "croft view is ready");
  } catch (error) {
    dispose();
    throw error;
  }
  frame.addEventListener("load", () => {
    dispose();
    tell({ stopped: "something else came into its frame" });
  });
  page.onmessage = ({ data }: MessageEvent<FrameNews>) => {
    if ("height" in data) {
      const height = Math.min(Math.max(data.height, view.minHeight), view.maxHeight);
      cancelAnimationFrame(sizing);
      sizing = requestAnimationFrame(() => (frame.style.height = `${height}px`));
    } else if ("entered" in data) {
      guard.entered(data.entered === "pointer");
    } else if ("pressed" in data) {
      options.onShortcut(data.pressed);
    } else {
      if ("escape" in data) guard.leave();
      tell(data);
    }
  };
  // Ports first: what is said of the surroundings comes after.
  frame.contentWindow?.postMessage(0, "*", [port2, port]);
  page.postMessage({ shortcuts: options.shortcuts });
  page.postMessage(options.surroundings);
  return {
    setSurroundings: (surroundings) => page.postMessage(surroundings),
    setShortcuts: (shortcuts) => page.postMessage({ shortcuts }),
    focus() {
      guard.allow();
      frame.focus();
    },
    dispose,
  };
}
