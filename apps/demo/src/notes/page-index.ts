/**
 * The list of pages: one `Y.Map` with flat keys `<id>/<field>`, so that two people who create or rename
 * pages offline merge field by field. A page exists while its own key `<id>/` does. The welcome page
 * needs no key: it is there for everybody unless `welcome/deleted` says otherwise, so that nobody
 * has to write it first.
 */

import * as Y from "yjs";
import { isPageId, WELCOME } from "./page-id.ts";

/** A page, as the list shows it. */
export interface Page {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since 1970; 0 when nobody knows. */
  readonly created: number;
}

/** Longest title, in characters. */
export const MAX_TITLE = 200;
/** What a page without a title is called. */
export const UNTITLED = "Untitled";

const DEFAULT_TITLE: Readonly<Record<string, string>> = { [WELCOME]: "Welcome" };
const EXISTS = true;

/** The map that holds the list. */
export function pageMap(doc: Y.Doc): Y.Map<unknown> {
  return doc.getMap("pages");
}

/** All pages: the welcome page first, then as they were created. What is malformed is left out. */
export function listPages(map: Y.Map<unknown>): readonly Page[] {
  const ids = new Set<string>();
  if (map.get(`${WELCOME}/deleted`) !== EXISTS) ids.add(WELCOME);
  for (const key of map.keys()) {
    const id = key.slice(0, -1);
    if (key.endsWith("/") && isPageId(id)) ids.add(id);
  }
  return [...ids].map((id) => readPage(map, id)).toSorted(byAge);
}

/** One page of the list; `undefined` when it is not there (any more). */
export function findPage(pages: readonly Page[], id: string): Page | undefined {
  return pages.find((page) => page.id === id);
}

/** The page to show when `id` goes from the list: the one after it, or before it, or the welcome page. */
export function neighbourOf(pages: readonly Page[], id: string): string {
  const at = pages.findIndex((page) => page.id === id);
  return (pages[at + 1] ?? pages[at - 1])?.id ?? WELCOME;
}

/** Adds a page. */
export function addPage(map: Y.Map<unknown>, { id, title, created }: Page): void {
  change(map, () => {
    map.set(`${id}/`, EXISTS);
    map.set(`${id}/created`, created);
    if (title !== "") map.set(`${id}/title`, clipTitle(title));
  });
}

/** Sets a page's title. */
export function renamePage(map: Y.Map<unknown>, id: string, title: string): void {
  map.set(`${id}/title`, clipTitle(title));
}

/** Takes a page off the list. Its text stays where it is. */
export function removePage(map: Y.Map<unknown>, id: string): void {
  change(map, () => {
    if (id === WELCOME) map.set(`${WELCOME}/deleted`, EXISTS);
    map.delete(`${id}/`);
  });
}

/** Puts a removed page back; its title and age are still known. */
export function restorePage(map: Y.Map<unknown>, id: string): void {
  change(map, () => {
    if (id === WELCOME) map.delete(`${WELCOME}/deleted`);
    map.set(`${id}/`, EXISTS);
  });
}

function readPage(map: Y.Map<unknown>, id: string): Page {
  const title = map.get(`${id}/title`);
  const created = map.get(`${id}/created`);
  return {
    id,
    title: typeof title === "string" ? clipTitle(title) : (DEFAULT_TITLE[id] ?? ""),
    created: typeof created === "number" && Number.isFinite(created) ? created : 0,
  };
}

/** A title that is not too long, and not cut through a character. */
export function clipTitle(title: string): string {
  return title.slice(0, MAX_TITLE).toWellFormed();
}

function byAge(a: Page, b: Page): number {
  if (a.id === WELCOME || b.id === WELCOME) return a.id === WELCOME ? -1 : 1;
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}

function change(map: Y.Map<unknown>, body: () => void): void {
  if (map.doc) map.doc.transact(body);
  else body();
}
