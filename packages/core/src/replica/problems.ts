/** Trouble that a hub tells of, as errors for people. */

import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { Upstream } from "../protocol/document-messages.ts";

/** A submission is not accepted now. */
export function laterError(code: string, reason: string, path: DocPath): CroftError {
  if (code === "disk-full") {
    return new CroftError("store/full", `${path} cannot be saved: the storage is full.`, {
      path,
      hint: "Free some space; the changes are kept in memory until then and saved by themselves.",
    });
  }
  if (code === "fenced") {
    return new CroftError("store/fenced", `${path} cannot be saved here: ${sentence(reason)}`, {
      path,
      hint: "What was typed since then is in this window or process only: copy it, then reload.",
    });
  }
  return new CroftError("store/failed", `${path} cannot be saved now: ${sentence(reason)}`, {
    path,
    hint: "The changes are kept in memory, and saving is tried again.",
  });
}

/** A change was refused for good. */
export function refusedError(path: DocPath, reason: string): CroftError {
  return new CroftError("access/denied", `A change of ${path} was refused: ${reason}.`, {
    path,
    hint: "It is kept in the quarantine of this device.",
  });
}

/** The hub has not what was known to be there. */
export function behindError(path: DocPath): CroftError {
  return new CroftError("hub/behind", `The hub has lost changes of ${path}.`, { path });
}

/** Yjs throws on what a hub has. */
export function unloadableError(path: DocPath, cause: unknown): CroftError {
  return new CroftError("update/invalid", `${path} holds content that cannot be loaded.`, {
    path,
    hint: "Another author has damaged it. Go back to a backup, or delete the document.",
    cause,
  });
}

const UPSTREAM_CODES = {
  "hub/behind": "hub/behind",
  "auth/refused": "auth/refused",
  "auth/other-user": "auth/other-user",
  "protocol/violation": "protocol/violation",
  "protocol/version": "protocol/version",
  "session/replaced": "session/replaced",
  "store/full": "store/full",
} as const;

/** What the hub above the hub has trouble with. */
export function upstreamError(
  { code, message }: NonNullable<Upstream["problem"]>,
  path: DocPath,
): CroftError {
  const known = Object.hasOwn(UPSTREAM_CODES, code)
    ? UPSTREAM_CODES[code as keyof typeof UPSTREAM_CODES]
    : undefined;
  return new CroftError(known ?? "store/failed", message, { path });
}

function sentence(reason: string): string {
  return reason.endsWith(".") ? reason : `${reason}.`;
}
