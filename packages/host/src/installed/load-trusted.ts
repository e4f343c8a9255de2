/** Runs a package's module beside the application: for plugins that the application's developer trusts. */

import { CroftError } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import type { servePlugin, ServedPlugin } from "@croft/plugin/remote";
import { toBase64 } from "../base64.ts";
import type { LoaderContext } from "./installed-plugins.ts";
import { createRemotePlugin, type Realm } from "../remote/remote-plugin.ts";

/** What a plugin's bundle exports, as `croft-plugin pack` makes it. */
interface PluginModule {
  readonly default?: ServedPlugin;
  readonly servePlugin?: typeof servePlugin;
}

/**
 * Makes of a package a plugin that runs in the application's own thread: it can do whatever the application can, and a
 * loop in it stops the page. What it is granted holds for what it does through croft; it has a replica of its own, as in
 * a sandbox.
 *
 * @throws CroftError `plugin/failed` when the module does not load, or is not made by `croft-plugin pack`.
 */
export async function loadTrusted(
  { manifest, files }: PluginPackage,
  surroundings: LoaderContext,
): Promise<Plugin> {
  const code = files.get(manifest.entry) ?? new Uint8Array();
  // Not a blob's URL, which Node does not import.
  const url = `data:text/javascript;base64,${toBase64(code)}`;
  const { default: plugin, servePlugin: serve }: PluginModule = await import(
    /* @vite-ignore */ url
  );
  if (!plugin || !serve) {
    throw new CroftError("plugin/failed", `The module of ${manifest.id} serves no plugin.`, {
      plugin: manifest.id,
      hint: "Pack it with `croft-plugin pack`, and export what `definePlugin` returns as its default.",
    });
  }
  const openRealm = async (): Promise<Realm> => {
    const { port1, port2 } = new MessageChannel();
    const views = new MessageChannel();
    serve(plugin, port2, undefined, views.port2);
    const close = (): void => {
      port2.close();
      views.port1.close();
    };
    return { port: port1, views: views.port1, close };
  };
  // Not sealed: whoever reads this thread's memory has the keys, too.
  return createRemotePlugin({ manifest, ...surroundings, openRealm, sealed: false });
}
