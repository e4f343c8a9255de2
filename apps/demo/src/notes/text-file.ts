/** Files that become pages, and pages that become files. Pure. */

import { clipTitle, UNTITLED } from "./page-index.ts";

/** Largest file that is imported, in bytes. */
export const MAX_FILE_BYTES: number = 2 * 1024 * 1024;
/** For a file picker's `accept`. */
export const ACCEPTED_FILES = ".md,.markdown,.mdown,.txt,.text,text/markdown,text/plain";

/** A file as a page, or why it cannot be one, in words for a person. */
export type ReadFile =
  | { readonly ok: true; readonly title: string; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** Reads a file's bytes as a page. */
export function readTextFile(name: string, bytes: Uint8Array): ReadFile {
  if (bytes.byteLength > MAX_FILE_BYTES) {
    return { ok: false, reason: `${name} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB` };
  }
  const text = decode(bytes);
  if (text === undefined) return { ok: false, reason: `${name} is not a text file` };
  return { ok: true, title: titleOf(name, text), text };
}

/** The name of the file that a page is exported to. */
export function fileNameOf(title: string): string {
  const name = title
    .normalize("NFC")
    .replace(/[\p{C}<>:"/\\|?*]+/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[\s.]+/, "")
    .slice(0, 80)
    .toWellFormed()
    .replace(/[\s.]+$/, "");
  return `${name || UNTITLED}.md`;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // Editors count a line break as one character.
    return text.includes("\0") ? undefined : text.replace(/\r\n?/g, "\n");
  } catch {
    return undefined; // Not UTF-8.
  }
}

/** The file's name; or the heading that the text begins with, which often is more telling. */
function titleOf(name: string, text: string): string {
  const heading = /^\s*# +(.+?)[ #]*$/m.exec(text.slice(0, 2000));
  const first = heading && text.slice(0, heading.index).trim() === "" ? heading[1] : undefined;
  const stem = name.replace(/\.[^.]+$/, "").replace(/[_]+/g, " ");
  return clipTitle((first ?? stem).trim());
}
