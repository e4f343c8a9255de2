/**
 * Doc paths (`notes/pages/42`) and patterns over them (`notes/**`): parsing, checking, matching.
 * The first segment is the plugin that owns the subtree; `app` is the host application's own.
 */

import { CroftError } from "./errors.ts";

/** A checked, NFC-normalized doc path: two or more segments joined by `/`. */
export type DocPath = string & { readonly __docPath: unique symbol };

/** A checked pattern: segments, `*` for one segment, `**` at the end for any remainder. */
export type DocPattern = string & { readonly __docPattern: unique symbol };

/** Longest doc path or pattern, in UTF-16 units after normalization. */
export const MAX_PATH_LENGTH = 512;
/** Longest segment, in UTF-16 units. */
export const MAX_SEGMENT_LENGTH = 128;
/** Most segments in a path. */
export const MAX_SEGMENTS = 16;
/** The reserved owner of the host application's own documents. */
export const APP_SUBTREE = "app";

const PLUGIN_ID = /^[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*$/;
// Control and format characters, separators other than the plain space, surrogates and private
// use; and the characters that mean something in patterns, file systems and URLs.
const FORBIDDEN = /[\p{C}\p{Zl}\p{Zp}/\\*?#%]/u;
const EDGE_SPACE = /^\s|\s$/u;

/**
 * Checks and NFC-normalizes a doc path.
 *
 * @throws {@link CroftError} `input/invalid`, saying which rule is broken.
 * @example
 * ```ts
 * parseDocPath("notes/pages/42"); // "notes/pages/42"
 * parseDocPath("notes/../app");   // throws
 * ```
 */
export function parseDocPath(text: string): DocPath {
  const path = normalize(text, "doc path");
  const segments = path.split("/");
  if (segments.length < 2) {
    throw invalid("doc path", text, "it needs at least two segments, as in `notes/welcome`");
  }
  checkSegments(segments, "doc path", text);
  checkOwner(segments[0] ?? "", "doc path", text);
  return path as DocPath;
}

/** Whether `text` is a doc path in the exact form that {@link parseDocPath} returns. */
export function isDocPath(text: string): text is DocPath {
  try {
    return parseDocPath(text) === text;
  } catch {
    return false;
  }
}

/**
 * Checks and NFC-normalizes a pattern.
 *
 * @throws {@link CroftError} `input/invalid`, saying which rule is broken.
 * @example
 * ```ts
 * matchesPattern(parsePattern("notes/**"), parseDocPath("notes/pages/42")); // true
 * ```
 */
export function parsePattern(text: string): DocPattern {
  const pattern = normalize(text, "pattern");
  const segments = pattern.split("/");
  const literal = segments.filter((segment, index) => {
    if (segment === "**" && index !== segments.length - 1) {
      throw invalid("pattern", text, "`**` may only be the last segment");
    }
    return segment !== "*" && segment !== "**";
  });
  checkSegments(literal, "pattern", text);
  const [owner = ""] = segments;
  if (owner !== "*" && owner !== "**") checkOwner(owner, "pattern", text);
  if (segments.length < 2 && owner !== "**") {
    throw invalid("pattern", text, "it matches no document; `notes/**` means a whole subtree");
  }
  return pattern as DocPattern;
}

/** Whether `path` is matched by `pattern`. `notes/**` matches everything under `notes/`. */
export function matchesPattern(pattern: DocPattern, path: DocPath): boolean {
  const wanted = pattern.split("/");
  const segments = path.split("/");
  for (const [index, want] of wanted.entries()) {
    if (want === "**") return segments.length > index;
    const segment = segments[index];
    if (segment === undefined || (want !== "*" && want !== segment)) return false;
  }
  return wanted.length === segments.length;
}

/**
 * How specific a pattern is: literal segments count most, then `*`, then `**`. Of several
 * matching grants the most specific one decides.
 */
export function specificity(pattern: DocPattern): number {
  let score = 0;
  for (const segment of pattern.split("/")) {
    if (segment === "**") score += 1;
    else if (segment === "*") score += 32;
    else score += 1024;
  }
  return score;
}

/** The owner of a path: its first segment. */
export function ownerOf(path: DocPath): string {
  return path.slice(0, path.indexOf("/"));
}

/** Whether `path` lies under the prefix `a/b` (`a/b/c`, `a/b/c/d`), compared by whole segments. */
export function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && path[prefix.length] === "/";
}

/** Whether `path` is the prefix itself, or lies under it. */
export function isIn(path: string, prefix: string): boolean {
  return path === prefix || isUnder(path, prefix);
}

/** Whether `id` can be a plugin's id: `notes`, `word-count`, `com.example.notes`; not `app`. */
export function isPluginId(id: string): boolean {
  return id.length <= 64 && PLUGIN_ID.test(id) && id !== APP_SUBTREE;
}

function normalize(text: string, what: string): string {
  if (typeof text !== "string") throw invalid(what, String(text), "it must be a string");
  if (text.length > 4 * MAX_PATH_LENGTH)
    throw invalid(what, `${text.slice(0, 40)}…`, "it is too long");
  const normal = text.normalize("NFC");
  if (normal.length > MAX_PATH_LENGTH) {
    throw invalid(what, `${text.slice(0, 40)}…`, `it is longer than ${MAX_PATH_LENGTH} characters`);
  }
  return normal;
}

function checkSegments(segments: readonly string[], what: string, text: string): void {
  if (segments.length > MAX_SEGMENTS) {
    throw invalid(what, text, `it has more than ${MAX_SEGMENTS} segments`);
  }
  for (const segment of segments) {
    if (segment === "") throw invalid(what, text, "a segment is empty");
    if (segment === "." || segment === "..")
      throw invalid(what, text, `a segment is \`${segment}\``);
    if (segment.length > MAX_SEGMENT_LENGTH) {
      throw invalid(what, text, `a segment is longer than ${MAX_SEGMENT_LENGTH} characters`);
    }
    const bad = FORBIDDEN.exec(segment);
    if (bad) throw invalid(what, text, `a segment holds the character ${JSON.stringify(bad[0])}`);
    if (EDGE_SPACE.test(segment))
      throw invalid(what, text, "a segment starts or ends with a space");
  }
}

function checkOwner(owner: string, what: string, text: string): void {
  if (owner === APP_SUBTREE || isPluginId(owner)) return;
  throw invalid(what, text, "its first segment must be a plugin id (a-z, 0-9, `-`, `.`) or `app`");
}

function invalid(what: string, text: string, why: string): CroftError {
  return new CroftError("input/invalid", `Invalid ${what} ${JSON.stringify(text)}: ${why}.`, {
    hint: "Use lower-case plugin ids and plain names, for example `notes/pages/42`.",
  });
}

/** The order of paths in every store: by their UTF-8 bytes, that is by code points. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.codePointAt(i) ?? 0;
    const right = b.codePointAt(i) ?? 0;
    if (left !== right) return left - right;
  }
  return a.length - b.length;
}
