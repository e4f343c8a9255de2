/**
 * What the plugin "Word statistics" has counted. The plugin itself knows nothing of this app: it writes
 * into its own document, and the app, which may read all documents, shows it.
 */

import type { PluginHost } from "@croft/host";
import { useDoc, useDocument } from "@croft/react";
import { type ReactNode, Suspense, useId } from "react";
import type { ViewProps } from "../app/views.ts";
import { usePlugins } from "../hooks/use-plugins.ts";
import { useYMap } from "../hooks/use-y-map.ts";
import { INDEX_PATH } from "../notes/page-id.ts";
import { usePages } from "../notes/use-pages.ts";
import { STATS, setStatsAllowed } from "./stats-permission.ts";
import { countsOf, SUMMARY_PATH, summaryMap, wordsOn } from "./word-counts.ts";

/** The panel. */
export function StatsPanel(props: ViewProps & { readonly host: PluginHost }): ReactNode {
  const { host, page } = props;
  const status = usePlugins(host).find(({ id }) => id === STATS);
  const label = useId();
  if (!status) return null;
  const allowed = status.granted.documents.length > 0;
  return (
    <section className="panel" aria-label={status.manifest.name}>
      <h2>{status.manifest.name}</h2>
      {allowed ? (
        <Suspense fallback={<div className="skeleton skeleton-link" />}>
          <Counts page={page} />
        </Suspense>
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

function Counts({ page }: { readonly page: string }): ReactNode {
  const summary = useDocument(SUMMARY_PATH);
  const index = useDocument(INDEX_PATH);
  const counts = useYMap(summaryMap(useDoc(summary)), countsOf);
  const pages = usePages(index);
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
