/** Asks a person about what somebody else installed, or what an update asks for on top. */

import type { InstalledPlugin, InstalledPlugins } from "@croft/host";
import { type ReactNode, useState } from "react";
import { nameOfGuest } from "../people/guest.ts";
import { Dialog } from "../shell/dialog.tsx";
import { rescueFocus } from "../shell/focus.ts";
import { useShell } from "../shell/shell-context.ts";
import { isGranted, listAsked, permissionsOf } from "./asked.ts";
import { nameOf } from "./manager.ts";
import { askBrowser } from "./browser-permission.ts";
import { NeverList, PermissionChoice, useChoice } from "./permission-choice.tsx";
import { PublisherLong } from "./publisher.tsx";
import { inWords, problemOf } from "./use-manager.ts";

/** The dialog. Closing it decides nothing. */
export function ConsentDialog(props: {
  readonly installed: InstalledPlugins;
  readonly plugin: InstalledPlugin;
  readonly onClose: () => void;
}): ReactNode {
  const { installed, plugin, onClose } = props;
  const { workspace, notify } = useShell();
  const { id, record, manifest, asks, granted, standing } = plugin;
  // As they were when the dialog came: nobody is to agree to what slipped in meanwhile.
  const [asked] = useState(() => ({ items: listAsked(asks), hash: plugin.package?.hash }));
  const { chosen, toggle } = useChoice(asked.items);
  const [problem, setProblem] = useState("");
  const isNew = standing.name === "unasked";
  const name = nameOf(plugin);
  const agree = () => {
    if (!manifest || plugin.package?.hash !== asked.hash) {
      setProblem("It was updated while you read this. Close this, and look at it anew.");
      return;
    }
    askBrowser(permissionsOf(chosen));
    const kept = listAsked(manifest.permissions).filter((item) => isGranted(item, granted));
    installed.agree(id, permissionsOf([...kept, ...chosen])).then(
      () => {
        notify({ text: isNew ? `${name} runs for you.` : `${name} was told.` });
        onClose();
        rescueFocus(); // The banner that led here may be gone.
      },
      (error: unknown) => setProblem(inWords(problemOf(error))),
    );
  };
  return (
    <Dialog
      title={isNew ? `Let ${name} run for you?` : `${name} asks for more`}
      wide
      onClose={onClose}
    >
      <div className="offer">
        <p className="offer-facts">
          {manifest?.description}
          <span className="soft">
            Version {plugin.package?.version}, installed by{" "}
            {nameOfGuest(record.installedBy, workspace.user)} for everybody here.{" "}
            <PublisherLong publisher={plugin.package?.publisher} name={manifest?.publisher ?? ""} />
          </span>
        </p>
        <PermissionChoice
          title={isNew ? "It asks to" : "It newly asks to"}
          items={asked.items}
          chosen={chosen}
          onToggle={toggle}
        />
        {asked.items.length === 0 && (
          <p className="notice">It asks for nothing beyond documents of its own.</p>
        )}
        <NeverList />
        {problem !== "" && (
          <p className="refused-message" role="status">
            {problem}
          </p>
        )}
        <div className="form-actions">
          <button type="button" className="button" onClick={onClose}>
            Not now
          </button>
          <button type="button" className="button button-primary" onClick={agree}>
            {agreeWords(isNew, chosen.length, asked.items.length)}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function agreeWords(isNew: boolean, chosen: number, all: number): string {
  if (isNew) return chosen < all ? "Run it with less" : "Let it run";
  return chosen === 0 ? "Keep it as it is" : "Allow what is ticked";
}
