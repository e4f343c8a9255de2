/** What the palette offers, and what of it fits what was typed. Pure. */

import type { Command, Exporter, HostView, Importer } from "@croft/host";
import { keysOf } from "./shortcuts.ts";

/** One line of the palette. */
export interface PaletteItem {
  readonly key: string;
  readonly title: string;
  /** Whose it is, for people. */
  readonly from: string;
  /** As the manifest writes them. */
  readonly keys: string | undefined;
  readonly enabled: boolean;
  readonly action:
    | { readonly kind: "command"; readonly name: string }
    | { readonly kind: "view"; readonly name: string }
    | { readonly kind: "export"; readonly name: string }
    | { readonly kind: "import"; readonly importer: Importer }
    | { readonly kind: "plugins" };
}

/** All lines: commands first, then what can be shown, then files, then the app's own. */
export function paletteItems(offered: {
  readonly commands: readonly Command[];
  readonly views: readonly HostView[];
  readonly importers: readonly Importer[];
  /** Those that make a file of the open page. */
  readonly exporters: readonly Exporter[];
  /** The view that is shown. */
  readonly shown: string;
}): readonly PaletteItem[] {
  const { commands, views, importers, exporters, shown } = offered;
  return [
    ...commands.map((command): PaletteItem => {
      const { name, title, category, pluginName, enabled } = command;
      return {
        key: `command ${name}`,
        title: category === "" ? title : `${category}: ${title}`,
        from: pluginName,
        keys: keysOf(command, commands),
        enabled,
        action: { kind: "command", name },
      };
    }),
    ...views.map(({ name, title, pluginName }): PaletteItem => {
      const isShown = name === shown;
      return {
        key: `view ${name}`,
        title: isShown ? `Close ${title}` : `Show ${title}`,
        from: pluginName,
        keys: undefined,
        enabled: true,
        action: { kind: "view", name: isShown ? "" : name },
      };
    }),
    ...importers.map((importer): PaletteItem => ({
      key: `import ${importer.name}`,
      title: `Import a file: ${importer.title}`,
      from: importer.pluginName,
      keys: undefined,
      enabled: importer.enabled,
      action: { kind: "import", importer },
    })),
    ...exporters.map(({ name, title, pluginName, enabled }): PaletteItem => ({
      key: `export ${name}`,
      title: `Export this page: ${title}`,
      from: pluginName,
      keys: undefined,
      enabled,
      action: { kind: "export", name },
    })),
    {
      key: "plugins",
      title: "Go to the plugins",
      from: "croft",
      keys: undefined,
      enabled: true,
      action: { kind: "plugins" },
    },
  ];
}

/** Those in which each typed word is found, in a title or the plugin's name. */
export function findItems(items: readonly PaletteItem[], typed: string): readonly PaletteItem[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return items.filter(({ title, from }) => {
    const text = `${title} ${from}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
