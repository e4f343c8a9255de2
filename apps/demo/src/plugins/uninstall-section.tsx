/** Takes a plugin out of the workspace, once a person has said what is to become of what it wrote. */

import type { InstalledPlugins } from "@croft/host";
import { type ReactNode, useState } from "react";
import { download } from "../app/download.ts";
import { PLUGINS_HASH } from "../app/route.ts";
import { Dialog } from "../shell/dialog.tsx";
import { rescueFocus } from "../shell/focus.ts";
import { Icon } from "../shell/icons.tsx";
import { useShell } from "../shell/shell-context.ts";
import { countOf, useDocumentsOf } from "./documents-section.tsx";
import { nameOf } from "./manager.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { inWords, problemOf } from "./use-manager.ts";

/** The section. */
export function UninstallSection({ entry, installed }: SectionProps): ReactNode {
  const [asking, setAsking] = useState(false);
  return (
    <section className="plugins-section plugins-end" aria-label="Uninstall">
      <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
        Uninstall…
      </button>
      {asking && (
        <UninstallDialog entry={entry} installed={installed} onClose={() => setAsking(false)} />
      )}
    </section>
  );
}

/** What is to become of its documents. */
type Fate = "keep" | "delete";

function UninstallDialog(props: SectionProps & { readonly onClose: () => void }): ReactNode {
  const { entry, installed, onClose } = props;
  const { id } = entry.plugin;
  const { notify } = useShell();
  const [problem, setProblem] = useState("");
  const [fate, setFate] = useState<Fate>("keep");
  const documents = useDocumentsOf(id) ?? [];
  const name = nameOf(entry.plugin);
  const fail = (error: unknown) => setProblem(inWords(problemOf(error)));
  const uninstall = () => {
    // A choice that is not shown any more is none.
    const data = documents.length === 0 ? "keep" : fate;
    installed.uninstall(id, { data }).then(() => {
      notify({ text: `${name} is uninstalled.` });
      onClose();
      location.hash = PLUGINS_HASH;
      rescueFocus();
    }, fail);
  };
  return (
    <Dialog title={`Uninstall ${name}?`} onClose={onClose}>
      <p>It stops for everybody in this workspace, on all of their devices.</p>
      {documents.length === 0 ? (
        <p className="soft">It keeps no documents.</p>
      ) : (
        <>
          <fieldset className="asked">
            <legend>What it wrote: {countOf(documents.length).toLocaleLowerCase()}</legend>
            {FATES.map(({ value, title, what }) => (
              <label key={value} className="asked-item">
                <input
                  type="radio"
                  className="check"
                  name="fate"
                  checked={fate === value}
                  onChange={() => setFate(value)}
                />
                <span className="asked-text">
                  <span>{title}</span>
                  <span className="asked-why">{what}</span>
                </span>
              </label>
            ))}
          </fieldset>
          <ExportButton installed={installed} id={id} onFail={fail} />
        </>
      )}
      {problem !== "" && (
        <p className="refused-message" role="status">
          {problem}
        </p>
      )}
      <div className="form-actions">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="button button-danger" onClick={uninstall}>
          {fate === "delete" && documents.length > 0 ? "Uninstall and delete" : "Uninstall"}
        </button>
      </div>
    </Dialog>
  );
}

const FATES: readonly { readonly value: Fate; readonly title: string; readonly what: string }[] = [
  { value: "keep", title: "Keep it", what: "The plugin finds it again if it is installed anew." },
  {
    value: "delete",
    title: "Delete it for everybody",
    what: "Once the server is reached, which keeps it for 30 more days. Edits that a device did not send yet are set aside there.",
  },
];

function ExportButton(props: {
  readonly installed: InstalledPlugins;
  readonly id: string;
  readonly onFail: (error: unknown) => void;
}): ReactNode {
  const { installed, id, onFail } = props;
  const { notify } = useShell();
  const save = () => {
    const file = `${id}-data.json`;
    installed.exportData(id).then((bytes) => {
      download(file, new Blob([new Uint8Array(bytes)]), "application/json");
      notify({ text: `${file} is among your downloads.` });
    }, onFail);
  };
  return (
    <button type="button" className="button" onClick={save}>
      <Icon name="export" />
      Save a copy as a file
    </button>
  );
}
