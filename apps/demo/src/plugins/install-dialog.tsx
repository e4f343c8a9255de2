/** From a package to an installed plugin: read, show what it is and asks for, install. */

import type { CroftError } from "@croft/core";
import type { InstalledPlugins, Offer } from "@croft/host";
import { type ReactNode, useEffect, useState } from "react";
import { Dialog } from "../shell/dialog.tsx";
import { useShell } from "../shell/shell-context.ts";
import { OfferView } from "./offer-view.tsx";
import type { PackageSource } from "./package-source.ts";
import { Problem } from "./problem.tsx";
import { problemOf } from "./use-manager.ts";

type Reading =
  | { readonly name: "reading" }
  | { readonly name: "offered"; readonly offer: Offer }
  | { readonly name: "failed"; readonly error: CroftError };

/** The dialog, from the moment that a source was named. */
export function InstallDialog(props: {
  readonly installed: InstalledPlugins;
  readonly source: PackageSource;
  readonly onClose: () => void;
}): ReactNode {
  const { installed, source, onClose } = props;
  const { plugins } = useShell();
  const [state, setState] = useState<Reading>({ name: "reading" });
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const read = async () => plugins.examine(await source.read(signal));
    read().then(
      (offer) => {
        if (!signal.aborted) setState({ name: "offered", offer });
      },
      (error: unknown) => {
        if (!signal.aborted) setState({ name: "failed", error: problemOf(error) });
      },
    );
    return () => abort.abort();
  }, [plugins, source]);
  return (
    <Dialog title={titleOf(state)} wide onClose={onClose}>
      {state.name === "reading" && (
        <p className="soft wrap" role="status">
          Reading {source.name}…
        </p>
      )}
      {state.name === "failed" && (
        <>
          <Problem error={state.error} />
          <p className="soft wrap">Nothing was installed from {source.name}.</p>
          <div className="form-actions">
            <button type="button" className="button" onClick={onClose}>
              Close
            </button>
          </div>
        </>
      )}
      {state.name === "offered" && (
        <OfferView installed={installed} offer={state.offer} onClose={onClose} />
      )}
    </Dialog>
  );
}

function titleOf(state: Reading): string {
  if (state.name === "reading") return "Reading the package";
  if (state.name === "failed") return "This cannot be installed";
  const { kind, manifest, refused } = state.offer;
  if (refused) return `${manifest.name} cannot be installed`;
  if (kind === "new") return `Install ${manifest.name}?`;
  if (kind === "same") return `${manifest.name} is installed already`;
  return `Update ${manifest.name}?`;
}
