/** Takes a plugin out of the workspace, once a person has confirmed it. */

import { type ReactNode, useState } from "react";
import { PLUGINS_HASH } from "../app/route.ts";
import { Dialog } from "../shell/dialog.tsx";
import { rescueFocus } from "../shell/focus.ts";
import { useShell } from "../shell/shell-context.ts";
import { useDocumentsOf } from "./documents-section.tsx";
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

function UninstallDialog(props: SectionProps & { readonly onClose: () => void }): ReactNode {
  const { entry, installed, onClose } = props;
  const { notify } = useShell();
  const [problem, setProblem] = useState("");
  const documents = useDocumentsOf(entry.plugin.id) ?? [];
  const name = nameOf(entry.plugin);
  const uninstall = () => {
    installed.uninstall(entry.plugin.id).then(
      () => {
        notify({ text: `${name} is uninstalled.` });
        onClose();
        location.hash = PLUGINS_HASH;
        rescueFocus();
      },
      (error: unknown) => setProblem(inWords(problemOf(error))),
    );
  };
  return (
    <Dialog title={`Uninstall ${name}?`} onClose={onClose}>
      <p>It stops for everybody in this workspace, on all of their devices.</p>
      <p className="soft">
        {documents.length === 0
          ? "It keeps no documents."
          : `What it wrote stays: ${documents.length === 1 ? "one document" : `${documents.length} documents`} that it finds again if it is installed anew.`}
      </p>
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
          Uninstall
        </button>
      </div>
    </Dialog>
  );
}
