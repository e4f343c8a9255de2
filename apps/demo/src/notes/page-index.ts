/**
 * The list of pages: a collection, so that two people who create or rename pages offline lose nothing of either. A page that
 * was taken off is marked, and keeps its title for when it is put back. The welcome page needs no record: it is
 * there for everybody unless its record says otherwise, so that nobody has to write it first.
 */

import { type Collection, defineCollection, type RecordOf } from "@croft/core/collection";
import { z } from "zod";
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

/** What strangers may have written in place of a field is shown as if it were not there. */
export const pageDefinition = defineCollection("pages", {
  title: z.string().catch("").transform(clipTitle),
  created: z.number().catch(0),
  gone: z.boolean().catch(false),
});

/** The list, in an open document. */
export type Pages = Collection<(typeof pageDefinition)["shape"]>;

/** One record of it. */
export type PageRecord = RecordOf<(typeof pageDefinition)["shape"]>;

/** All pages: the welcome page first, then as they were created. `records`: all that there are. */
export function listPages(records: readonly PageRecord[]): readonly Page[] {
  const pages = records.filter(({ id, gone }) => !gone && isPageId(id));
  const welcome = records.some(({ id }) => id === WELCOME) ? [] : [defaultPage(WELCOME)];
  return [...welcome, ...pages.map(({ id, title, created }) => ({ id, title, created }))].toSorted(
    byAge,
  );
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
export function addPage(pages: Pages, page: Page): void {
  put(pages, page.id, page);
}

/** Sets a page's title. */
export function renamePage(pages: Pages, id: string, title: string): void {
  put(pages, id, { title });
}

/** Takes a page off the list. Its text stays where it is. */
export function removePage(pages: Pages, id: string): void {
  put(pages, id, { gone: true });
}

/** Puts a removed page back; its title and age are still known. */
export function restorePage(pages: Pages, id: string): void {
  put(pages, id, { gone: false });
}

function put(pages: Pages, id: string, fields: Partial<PageRecord>): void {
  const { id: _id, ...changes } = fields;
  if (pages.has(id)) pages.update(id, changes);
  else pages.insert({ ...defaultPage(id), gone: false, ...changes, id });
}

function defaultPage(id: string): Page {
  return { id, title: DEFAULT_TITLE[id] ?? "", created: 0 };
}

/** A title that is not too long, and not cut through a character. */
export function clipTitle(title: string): string {
  return title.slice(0, MAX_TITLE).toWellFormed();
}

function byAge(a: Page, b: Page): number {
  if (a.id === WELCOME || b.id === WELCOME) return a.id === WELCOME ? -1 : 1;
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}
