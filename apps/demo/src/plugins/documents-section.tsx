/** The documents that a plugin keeps, as far as this device has heard. */

import type { ListedDocument } from "@croft/core";
import { type ReactNode, useEffect, useState } from "react";
import { useShell } from "../shell/shell-context.ts";
import type { SectionProps } from "./plugin-place.tsx";

/** So many are named. */
const MOST = 20;

/** The section. */
export function DocumentsSection({ entry }: SectionProps): ReactNode {
  const documents = useDocumentsOf(entry.plugin.id);
  if (!documents) return null;
  const bytes = documents.reduce((sum, each) => sum + each.bytes, 0);
  return (
    <section className="plugins-section">
      <h2>Its documents</h2>
      <p className="soft">
        {documents.length === 0 ? "None yet." : `${countOf(documents.length)}, ${sizeOf(bytes)}.`}
      </p>
      {documents.length > 0 && (
        <details className="never">
          <summary>Show them</summary>
          <ul className="document-list">
            {documents.slice(0, MOST).map(({ path, bytes: size }) => (
              <li key={path}>
                <code>{path}</code> <span className="soft">{sizeOf(size)}</span>
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

function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000
    ? `${(bytes / 1000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
