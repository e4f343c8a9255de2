/** Names of workspaces: which ones there can be, and the file names that they get. */

import { createHash } from "node:crypto";
import { decoded } from "./http/request.ts";

const NAME = /^(?!\s|\.{1,2}$)[^\p{C}\p{Zl}\p{Zp}/\\]+(?<!\s)$/u;
/** What the greeting has room for. */
const MAX_NAME_BYTES = 128;
const MAX_FILE_NAME = 200;

/**
 * Whether `name` can be a workspace's: 1 to 128 bytes of UTF-8 without control characters, slashes,
 * or spaces at its ends, Unicode-normalized (NFC); neither `.` nor `..`.
 */
export function isWorkspaceName(name: string): boolean {
  return (
    NAME.test(name) && name.normalize("NFC") === name && Buffer.byteLength(name) <= MAX_NAME_BYTES
  );
}

/**
 * A file name (without extension) for a workspace: two names never share one, on file systems that
 * ignore case either, and none is reserved. `Team 1` becomes `ws-=54eam=201`.
 */
export function fileNameOf(workspace: string): string {
  let name = "ws-";
  for (const byte of Buffer.from(workspace)) {
    const char = String.fromCharCode(byte);
    name += /[a-z0-9_-]/.test(char) ? char : `=${byte.toString(16).padStart(2, "0")}`;
  }
  if (name.length <= MAX_FILE_NAME) return name;
  const hash = createHash("sha256").update(workspace).digest("hex").slice(0, 32);
  return `${name.slice(0, MAX_FILE_NAME - 40).replace(/=.?$/, "")}=-${hash}`;
}

/**
 * The workspace that an upgrade request's address names, below `prefix`: `/sync/our-workspace`.
 * `undefined` when it names none.
 */
export function workspaceOf(requestUrl: string, prefix: string): string | undefined {
  const path = requestUrl.replace(/[?#].*$/s, "");
  if (!path.startsWith(`${prefix}/`)) return undefined;
  const name = decoded(path.slice(prefix.length + 1));
  return name !== undefined && isWorkspaceName(name) ? name : undefined;
}
