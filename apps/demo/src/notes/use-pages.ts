/** The list of pages, as components show it. */

import type { DocumentHandle } from "@croft/core";
import { useCollection, useQuery } from "@croft/react";
import { useMemo } from "react";
import { listPages, type Page, pageDefinition } from "./page-index.ts";

/** The pages in `index`; the same list until one of them changes. */
export function usePages(index: DocumentHandle): readonly Page[] {
  const { rows } = useQuery(useCollection(index, pageDefinition));
  return useMemo(() => listPages(rows), [rows]);
}
