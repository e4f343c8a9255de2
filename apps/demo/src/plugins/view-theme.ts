/** The demo's own look, as views of plugins are given it: what the style sheets say now, light or dark. */

import type { ViewTheme } from "@croft/host";
import { useSyncExternalStore } from "react";

const COLOURS = {
  text: "--ink",
  muted: "--ink-soft",
  surface: "--paper",
  raised: "--raised",
  border: "--line",
  "strong-border": "--line-strong",
  accent: "--accent",
  "on-accent": "--on-accent",
  danger: "--bad-ink",
} as const;
const OTHERS = {
  radius: "--radius",
  space: "--space-2",
  "font-size": "--text-m",
  font: "--font-ui",
  mono: "--font-mono",
} as const;

const DARK = "(prefers-color-scheme: dark)";
let known: ViewTheme | undefined;

/** The theme; the same object until the person or their system chooses another. */
export function useViewTheme(): ViewTheme {
  return useSyncExternalStore(subscribe, () => (known ??= readTheme()));
}

function subscribe(listener: () => void): () => void {
  const change = () => {
    known = undefined;
    listener();
  };
  const chosen = new MutationObserver(change);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const system = matchMedia(DARK);
  system.addEventListener("change", change);
  // What changed while nobody listened was not heard.
  known = undefined;
  return () => {
    chosen.disconnect();
    system.removeEventListener("change", change);
  };
}

function readTheme(): ViewTheme {
  const root = document.documentElement;
  const style = getComputedStyle(root);
  const properties: Record<string, string> = {};
  // Colours are written for both schemes at once: an element says which of them it comes to.
  const probe = root.appendChild(document.createElement("i"));
  probe.style.transition = "none";
  for (const [name, token] of Object.entries(COLOURS)) {
    probe.style.color = `var(${token})`;
    properties[`--croft-${name}`] = getComputedStyle(probe).color;
  }
  probe.remove();
  for (const [name, token] of Object.entries(OTHERS)) {
    properties[`--croft-${name}`] = style.getPropertyValue(token).trim().replaceAll(/\s+/g, " ");
  }
  const chosen = root.dataset["theme"];
  const isDark = chosen === "dark" || (chosen !== "light" && matchMedia(DARK).matches);
  return { scheme: isDark ? "dark" : "light", properties };
}
