/** The documents that a plugin keeps, as far as this device has heard. */

import type { ListedDocument } from "@croft/core";
import { describeBytes } from "@croft/host";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useShell } from "../shell/shell-context.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { useAttempt } from "./use-manager.ts";

/** So many are named. */
const MOST = 20;

/** The section. */
export function DocumentsSection({ entry, installed }: SectionProps): ReactNode {
  const documents = useDocumentsOf(entry.plugin.id);
  if (!documents) return null;
  const bytes = documents.reduce((sum, each) => sum + each.bytes, 0);
  return (
    <section className="plugins-section">
      <h2>Its documents</h2>
      <p className="soft">
        {documents.length === 0
          ? "None yet."
          : `${countOf(documents.length)}, ${describeBytes(bytes)}.`}
      </p>
      {documents.length === 0 && <ImportButton installed={installed} />}
      {documents.length > 0 && (
        <details className="never">
          <summary>Show them</summary>
          <ul className="document-list">
            {documents.slice(0, MOST).map(({ path, bytes: size }) => (
              <li key={path}>
                <code>{path}</code> <span className="soft">{describeBytes(size)}</span>
              </li>
            ))}
            {documents.length > MOST && (
              <li className="soft">and {documents.length - MOST} more</li>
            )}
          </ul>
        </details>
      )}
    </section>
  );
}

/** Puts back what was saved as a file before an uninstall. */
function ImportButton({ installed }: Pick<SectionProps, "installed">): ReactNode {
  const attempt = useAttempt();
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File) => {
    await installed.importData(new Uint8Array(await file.arrayBuffer()));
  };
  return (
    <div>
      <button type="button" className="button button-small" onClick={() => input.current?.click()}>
        Put them back from a file…
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json"
        aria-label="File with its documents"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) attempt(take(file), "Its documents are back.");
          event.target.value = ""; // The same file may be picked again.
        }}
      />
    </div>
  );
}

/** How many, in words. */
export function countOf(documents: number): string {
  return documents === 1 ? "One document" : `${documents} documents`;
}

/** The documents under a plugin's subtree; `undefined` until they were told. */
export function useDocumentsOf(plugin: string): readonly ListedDocument[] | undefined {
  const { workspace } = useShell();
  const [documents, setDocuments] = useState<readonly ListedDocument[]>();
  useEffect(() => {
    const listing = workspace.listing(`${plugin}/`);
    const stop = listing.onChange(setDocuments);
    let over = false;
    void listing.ready.then(() => {
      if (!over) setDocuments(listing.documents);
    });
    return () => {
      over = true;
      stop();
      listing.dispose();
    };
  }, [workspace, plugin]);
  return documents;
}
