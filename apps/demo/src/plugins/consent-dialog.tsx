/** Asks a person about what somebody else installed, or what an update asks for on top. */

import type { InstalledPlugin, InstalledPlugins, WaitingUpdate } from "@croft/host";
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
  /** A version that waits for this person, while another one runs. */
  readonly update?: WaitingUpdate | undefined;
  readonly onClose: () => void;
}): ReactNode {
  const { installed, plugin, update, onClose } = props;
  const { workspace, notify } = useShell();
  const { id, record, granted, standing } = plugin;
  const { manifest, asks, package: named } = update ?? plugin;
  // As they were when the dialog came: nobody is to agree to what slipped in meanwhile.
  const [asked] = useState(() => ({ items: listAsked(asks), hash: named?.hash }));
  const { chosen, toggle } = useChoice(asked.items);
  const [problem, setProblem] = useState("");
  const isNew = standing.name === "unasked";
  const name = nameOf(plugin);
  const agree = () => {
    if (!manifest || named?.hash !== asked.hash) {
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
    <Dialog title={titleOf(name, isNew, asked.items.length)} wide onClose={onClose}>
      <div className="offer">
        <p className="offer-facts">
          {manifest?.description}
          <span className="soft">
            Version {named?.version}, installed by {nameOfGuest(record.installedBy, workspace.user)}{" "}
            for everybody here.{" "}
            <PublisherLong publisher={named?.publisher} name={manifest?.publisher ?? ""} />
          </span>
        </p>
        <PermissionChoice
          title={isNew ? "It asks to" : "It newly asks to"}
          items={asked.items}
          chosen={chosen}
          onToggle={toggle}
        />
        {asked.items.length === 0 && (
          <p className="notice">
            {isNew
              ? "It asks for nothing beyond documents of its own."
              : "It asks for nothing that you were not asked before."}
          </p>
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

function titleOf(name: string, isNew: boolean, asked: number): string {
  if (isNew) return `Let ${name} run for you?`;
  return asked === 0 ? `Update ${name}?` : `${name} asks for more`;
}

function agreeWords(isNew: boolean, chosen: number, all: number): string {
  if (isNew) return chosen < all ? "Run it with less" : "Let it run";
  if (all === 0) return "Update";
  return chosen === 0 ? "Keep it as it is" : "Allow what is ticked";
}
