/**
 * What the plugin "Word statistics" has counted. The plugin itself knows nothing of this app: it writes
 * into its own document, and the app, which may read all documents, shows it.
 */

import type { DocumentHandle } from "@croft/core";
import type { PluginHost } from "@croft/host";
import { type ReactNode, useId } from "react";
import type { ViewProps } from "../app/views.ts";
import { type DocumentSource, useDocument } from "../hooks/use-document.ts";
import { useDocumentState, useLiveDoc } from "../hooks/use-document-state.ts";
import { usePlugins } from "../hooks/use-plugins.ts";
import { useYMap } from "../hooks/use-y-map.ts";
import { INDEX_PATH } from "../notes/page-id.ts";
import { listPages, pageMap } from "../notes/page-index.ts";
import { STATS, setStatsAllowed } from "./stats-permission.ts";
import { countsOf, SUMMARY_PATH, summaryMap, wordsOn } from "./word-counts.ts";

/** The panel. */
export function StatsPanel(
  props: ViewProps & { readonly documents: DocumentSource; readonly host: PluginHost },
): ReactNode {
  const { documents, host, page } = props;
  const summary = useDocument(documents, SUMMARY_PATH);
  const index = useDocument(documents, INDEX_PATH);
  const status = usePlugins(host).find(({ id }) => id === STATS);
  const label = useId();
  if (!status || !summary || !index) return null;
  const allowed = status.granted.documents.length > 0;
  return (
    <section className="panel" aria-label={status.manifest.name}>
      <h2>{status.manifest.name}</h2>
      {allowed ? (
        <Counts summary={summary} index={index} page={page} />
      ) : (
        <p className="panel-note">It does not count while it may not read your pages.</p>
      )}
      <div className="switch-row">
        <span id={label}>May read your pages</span>
        <button
          type="button"
          role="switch"
          className="switch switch-small"
          aria-checked={allowed}
          aria-labelledby={label}
          title={status.manifest.permissions.documents[0]?.reason}
          onClick={() => setStatsAllowed(host, localStorage, !allowed)}
        />
      </div>
    </section>
  );
}

function Counts(props: {
  readonly summary: DocumentHandle;
  readonly index: DocumentHandle;
  readonly page: string;
}): ReactNode {
  const { summary, index, page } = props;
  const { ready } = useDocumentState(summary);
  const counts = useYMap(summaryMap(useLiveDoc(summary)), countsOf);
  const pages = useYMap(pageMap(useLiveDoc(index)), listPages);
  if (!ready) return <div className="skeleton skeleton-link" />;
  const all = pages.reduce((sum, { id }) => sum + wordsOn(counts, id), 0);
  return (
    <dl className="facts">
      <div>
        <dt>This page</dt>
        <dd>{inWords(wordsOn(counts, page))}</dd>
      </div>
      <div>
        <dt>All pages</dt>
        <dd>{inWords(all)}</dd>
      </div>
    </dl>
  );
}

function inWords(count: number): string {
  return count === 1 ? "1 word" : `${count.toLocaleString("en")} words`;
}
