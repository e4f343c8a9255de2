/** Keys and palette for what plugins let a person do. */

import type { Importer } from "@croft/host";
import { type ReactNode, useState } from "react";
import { download } from "../app/download.ts";
import { type Place, PLUGINS_HASH } from "../app/route.ts";
import { pagePath } from "../notes/page-id.ts";
import { useShell } from "../shell/shell-context.ts";
import { Palette } from "./palette.tsx";
import { type PaletteItem, paletteItems } from "./palette-items.ts";
import { useShortcuts } from "./shortcuts.ts";
import { useFilePicker } from "./use-file-picker.tsx";
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
  const { pick, picker } = useFilePicker();
  const path = place.name === "page" ? pagePath(place.page) : undefined;
  useShortcuts({
    commands,
    onPalette: () => setOpen(true),
    onCommand: ({ name, title }) => run(name, title),
  });
  const exporters = path === undefined ? [] : host.exporters.matching(path);
  const importers = host.importers.list();
  const items = paletteItems({ commands, views, importers, exporters, shown: dock.name });
  const importFile = async (importer: Importer, file: File) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    await host.importers.run(importer.name, { name: file.name, mediaType: file.type, bytes });
  };
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
      else if (action.kind === "import") {
        const { importer } = action;
        pick(acceptedBy(importer), (file) =>
          attempt(importFile(importer, file), `${title}: done.`),
        );
      } else if (path !== undefined) attempt(exportPage(action.name, path), `${title}: done.`);
    });
  };
  return (
    <>
      {picker}
      {isOpen && <Palette items={items} onChoose={choose} onClose={() => setOpen(false)} />}
    </>
  );
}

/** As a file field is told. */
function acceptedBy({ extensions, mediaTypes }: Importer): string {
  return [...extensions.map((extension) => `.${extension}`), ...mediaTypes].join(",");
}
