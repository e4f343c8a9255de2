/**
 * What the plugin "Word statistics" has counted. The plugin itself knows nothing of this app: it writes
 * into its own document, and the app, which may read all documents, shows it.
 */

import { useDoc, useDocument } from "@croft/react";
import { type ReactNode, Suspense } from "react";
import { hashOfPlugin } from "../app/route.ts";
import type { ViewProps } from "../app/views.ts";
import { useYMap } from "../hooks/use-y-map.ts";
import { INDEX_PATH } from "../notes/page-id.ts";
import { usePages } from "../notes/use-pages.ts";
import type { PluginManager } from "../plugins/manager.ts";
import { usePlugins } from "../plugins/use-manager.ts";
import { countsOf, STATS, SUMMARY_PATH, summaryMap, wordsOn } from "./word-counts.ts";

/** The panel. */
export function StatsPanel(props: ViewProps & { readonly plugins: PluginManager }): ReactNode {
  const { plugins, page } = props;
  const { entries } = usePlugins(plugins);
  const status = entries.find(({ plugin }) => plugin.id === STATS)?.status;
  if (!status) return null;
  const allowed = status.granted.documents.length > 0;
  return (
    <section className="panel" aria-label={status.manifest.name}>
      <h2>
        <a href={hashOfPlugin(STATS)}>{status.manifest.name}</a>
      </h2>
      {allowed ? (
        <Suspense fallback={<div className="skeleton skeleton-link" />}>
          <Counts page={page} />
        </Suspense>
      ) : (
        <p className="panel-note">It does not count while it may not read your pages.</p>
      )}
    </section>
  );
}

function Counts({ page }: { readonly page: string }): ReactNode {
  const summary = useDocument(SUMMARY_PATH);
  const index = useDocument(INDEX_PATH);
  const counts = useYMap(summaryMap(useDoc(summary)), countsOf);
  const pages = usePages(index);
  const all = pages.reduce((sum, { id }) => sum + wordsOn(counts, id), 0);
  if (all === 0)
    return <p className="panel-note">It counts a page when it changes: type a word.</p>;
  return (
    <dl className="facts">
      {page !== "" && (
        <div>
          <dt>This page</dt>
          <dd>{inWords(wordsOn(counts, page))}</dd>
        </div>
      )}
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
