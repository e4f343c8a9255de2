/** Keys and palette for what plugins let a person do. */

import { type ReactNode, useState } from "react";
import { download } from "../app/download.ts";
import { type Place, PLUGINS_HASH } from "../app/route.ts";
import { pagePath } from "../notes/page-id.ts";
import { useShell } from "../shell/shell-context.ts";
import { Palette } from "./palette.tsx";
import { type PaletteItem, paletteItems } from "./palette-items.ts";
import { useShortcuts } from "./shortcuts.ts";
import { useCommands, useViews } from "./use-host.ts";
import { useAttempt } from "./use-manager.ts";
import { useRunCommand } from "./use-run-command.ts";

/** The palette, when it is asked for. */
export function CommandPlace({ place }: { readonly place: Place }): ReactNode {
  const { plugins, dock } = useShell();
  const { host } = plugins;
  const commands = useCommands(host);
  const views = useViews(host);
  const run = useRunCommand();
  const attempt = useAttempt();
  const [isOpen, setOpen] = useState(false);
  const path = place.name === "page" ? pagePath(place.page) : undefined;
  useShortcuts({
    commands,
    onPalette: () => setOpen(true),
    onCommand: ({ name, title }) => run(name, title),
  });
  if (!isOpen) return null;
  const exporters = path === undefined ? [] : host.exporters.matching(path);
  const items = paletteItems({ commands, views, exporters, shown: dock.name });
  const exportPage = async (name: string, page: string) => {
    const file = await host.exporters.run(name, page);
    download(file.name, new Blob([new Uint8Array(file.bytes)]), file.mediaType);
  };
  const choose = ({ title, action }: PaletteItem) => {
    setOpen(false);
    // Once the dialog is gone: it gives the focus back, and what is chosen may take it.
    setTimeout(() => {
      if (action.kind === "command") run(action.name, title);
      else if (action.kind === "view") dock.show(action.name);
      else if (action.kind === "plugins") location.hash = PLUGINS_HASH;
      else if (path !== undefined) attempt(exportPage(action.name, path), `${title}: done.`);
    });
  };
  return <Palette items={items} onChoose={choose} onClose={() => setOpen(false)} />;
}
