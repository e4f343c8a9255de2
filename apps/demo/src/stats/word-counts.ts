/** The document of the plugin "Word statistics": words by the path of a page. */

import type * as Y from "yjs";
import { pagePath } from "../notes/page-id.ts";

/** The plugin's id. */
export const STATS = "stats";

/** Where the plugin keeps its counts. */
export const SUMMARY_PATH = "stats/summary";

/** Words by path; what is no count is left out. */
export type WordCounts = ReadonlyMap<string, number>;

/** The map that the plugin writes. */
export function summaryMap(doc: Y.Doc): Y.Map<unknown> {
  return doc.getMap("words");
}

/** Reads the counts. */
export function countsOf(map: Y.Map<unknown>): WordCounts {
  const counts = new Map<string, number>();
  for (const [path, count] of map.entries()) {
    if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) {
      counts.set(path, count);
    }
  }
  return counts;
}

/** The words on a page; 0 before they were counted. */
export function wordsOn(counts: WordCounts, page: string): number {
  return counts.get(pagePath(page)) ?? 0;
}
