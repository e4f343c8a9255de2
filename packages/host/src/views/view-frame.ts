/**
 * The script of a view's frame: the renderer, and what is between it and the page. Nothing of a plugin runs here, and nothing but this
 * script can. What is made of it is `view-boot.generated.ts`, by its hash.
 */

import { hearShortcuts } from "./page-shortcuts.ts";
import { applySurroundings, type ViewSurroundings } from "./theme.ts";
import { createRenderer } from "./view-renderer.ts";

addEventListener("message", function boot(event: MessageEvent) {
  const [page, plugin] = event.ports;
  if (event.source !== parent || !page || !plugin) return;
  removeEventListener("message", boot);
  const root = document.createElement("div");
  root.className = "c-root";
  document.body.append(root);
  createRenderer({
    root,
    port: plugin,
    tell: (news) => page.postMessage(news),
    isInUse: () => document.hasFocus() && navigator.userActivation.hasBeenActive,
  });
  let isPointed = false;
  addEventListener("pointerdown", () => (isPointed = true), true);
  addEventListener("pointerup", () => (isPointed = false), true);
  addEventListener("focus", () => page.postMessage({ entered: isPointed ? "pointer" : "other" }));
  let height = -1;
  new ResizeObserver(() => {
    const next = Math.ceil(root.getBoundingClientRect().height);
    if (next === height) return;
    height = next;
    page.postMessage({ height });
  }).observe(root);
  let surroundings: ViewSurroundings | undefined;
  let shortcuts: readonly string[] = [];
  hearShortcuts(
    window,
    () => shortcuts,
    (pressed) => page.postMessage({ pressed }),
  );
  const apply = (): void => {
    if (!surroundings) return;
    document.title = String(surroundings.title);
    plugin.postMessage(["about", applySurroundings(document.documentElement, surroundings)]);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  page.onmessage = ({ data }) => {
    if ("shortcuts" in data) {
      shortcuts = data.shortcuts;
      return;
    }
    surroundings = data;
    apply();
  };
});
parent.postMessage("croft view is ready", "*");
