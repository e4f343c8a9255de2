/** Runs a package's module beside the application: for plugins that the application's developer trusts. */

import { CroftError } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";

/**
 * Makes of a package a plugin that runs in the application's own realm: it can do whatever the application can, and a
 * loop in it stops the page. What it is granted holds for what it does through croft.
 *
 * @throws CroftError `plugin/failed` when the module does not load, or exports no plugin as its default.
 */
export async function loadTrusted({ manifest, files }: PluginPackage): Promise<Plugin> {
  const code = files.get(manifest.entry) ?? new Uint8Array();
  // Not a blob's URL, which Node does not import.
  const url = `data:text/javascript;base64,${base64(code)}`;
  const module: { readonly default?: Partial<Plugin> } = await import(/* @vite-ignore */ url);
  const { activate, deactivate, topics = {} } = module.default ?? {};
  if (typeof activate !== "function") {
    throw new CroftError("plugin/failed", `The module of ${manifest.id} exports no plugin.`, {
      plugin: manifest.id,
      hint: "Its default export must be what `definePlugin` returns.",
    });
  }
  return {
    // Not the module's own word for it: this is what was signed, and agreed to.
    manifest,
    topics,
    activate,
    deactivate: deactivate ?? (() => undefined),
  };
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  // In parts: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}
