/** A newer version that does not run yet, and the one to go back to. */

import { type CroftError, unreachable } from "@croft/core";
import type { WaitingUpdate } from "@croft/host";
import { type ReactNode, useState } from "react";
import { Dialog } from "../shell/dialog.tsx";
import { useShell } from "../shell/shell-context.ts";
import { ConsentDialog } from "./consent-dialog.tsx";
import { nameOf } from "./manager.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { Problem } from "./problem.tsx";
import { problemOf } from "./use-manager.ts";

/** The section; nothing where there is but one version. */
export function UpdateSection({ entry, installed }: SectionProps): ReactNode {
  const { plugin } = entry;
  const { update, former } = plugin;
  const [asking, setAsking] = useState<"agree" | "back">();
  const close = () => setAsking(undefined);
  if (!update && !former) return null;
  const error = update?.standing.name === "refused" ? update.standing.error : undefined;
  return (
    <section className="plugins-section">
      <h2>Versions</h2>
      {update && error && <Problem error={error} />}
      {update && !error && (
        <div className="notice notice-warn" role="status">
          <span>
            Version {update.package.version} waits: {whyInWords(update)} Until then{" "}
            {plugin.package?.version ?? "the one before"} goes on.
          </span>
          {canAgree(update) && (
            <button
              type="button"
              className="button button-small"
              onClick={() => setAsking("agree")}
            >
              Look at the update
            </button>
          )}
        </div>
      )}
      {former && (
        <div className="switch-line">
          <span>
            <span>Version {former.version} was here before</span>
            <span className="soft">
              It can come back for everybody, and its documents as they were, if the later one
              changed how they are written.
            </span>
          </span>
          <button type="button" className="button button-small" onClick={() => setAsking("back")}>
            Go back…
          </button>
        </div>
      )}
      {asking === "agree" && update && (
        <ConsentDialog installed={installed} plugin={plugin} update={update} onClose={close} />
      )}
      {asking === "back" && former && (
        <RollBackDialog
          entry={entry}
          installed={installed}
          version={former.version}
          onClose={close}
        />
      )}
    </section>
  );
}

/** Whether a person can have it at once by agreeing to it. */
function canAgree({ standing, manifest }: WaitingUpdate): boolean {
  return manifest !== undefined && (standing.name === "young" || standing.name === "unasked");
}

function whyInWords({ standing }: WaitingUpdate): string {
  switch (standing.name) {
    case "waiting":
      return "its package is on its way to this device.";
    case "young":
      return `it is new. It runs from ${new Date(standing.until).toLocaleString()} on, or when you agree to it.`;
    case "unasked":
      return "it asks for more, and you did not agree yet.";
    case "migrating":
      return standing.waitsFor === "turn"
        ? "another device brings its documents over."
        : standing.waitsFor === "server"
          ? "its documents are brought over once the server is there."
          : "its documents are being brought over.";
    case "disabled":
      return "the plugin is off.";
    case "ready":
      return "it runs in a moment.";
    case "refused":
      return standing.error.message;
    default:
      return unreachable(standing);
  }
}

function RollBackDialog(
  props: SectionProps & { readonly version: string; readonly onClose: () => void },
): ReactNode {
  const { entry, installed, version, onClose } = props;
  const { notify } = useShell();
  const [problem, setProblem] = useState<CroftError>();
  const [isBusy, setBusy] = useState(false);
  const { plugin } = entry;
  const name = nameOf(plugin);
  const goBack = () => {
    setBusy(true);
    installed
      .rollBack(plugin.id)
      .then(
        () => {
          notify({ text: `${name} is ${version} again.` });
          onClose();
        },
        (error: unknown) => setProblem(problemOf(error)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <Dialog title={`Back to ${name} ${version}?`} onClose={onClose}>
      <p>
        For everybody in this workspace: the others are asked once more before it runs for them.
      </p>
      <p className="soft">
        If {plugin.package?.version} changed how its documents are written, they become what they
        were before. What was written since is kept as a snapshot, and edits under way are set aside
        for those who made them. That needs the server.
      </p>
      {problem && <Problem error={problem} />}
      <div className="form-actions">
        <button type="button" className="button" onClick={onClose}>
          Stay with {plugin.package?.version}
        </button>
        <button type="button" className="button button-primary" disabled={isBusy} onClick={goBack}>
          {isBusy ? "Going back…" : `Go back to ${version}`}
        </button>
      </div>
    </Dialog>
  );
}
