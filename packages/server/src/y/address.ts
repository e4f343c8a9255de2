/** The addresses that clients of the y-websocket protocol build: `/y/<workspace>/<document path>?token=…`. */

import type { IncomingMessage } from "node:http";
import { type DocPath, isDocPath, parseDocPath } from "@croft/core";
import { isWorkspaceName } from "../workspace-name.ts";

/** What an address names. */
export interface PlainDocument {
  readonly workspace: string;
  readonly path: DocPath;
  /** From the address, or from the header `Authorization` of a client that can set one; empty for none. */
  readonly token: string;
}

/** What a request below `prefix` names; nothing when that is no document. */
export function plainDocumentOf(
  { url = "", headers }: Pick<IncomingMessage, "url" | "headers">,
  prefix: string,
): PlainDocument | undefined {
  const [pathname = "", query = ""] = url.replace(/#.*$/s, "").split(/\?(.*)/s, 2);
  if (!pathname.startsWith(`${prefix}/`)) return undefined;
  let workspace: string;
  let path: string;
  try {
    const [name = "", ...segments] = pathname.slice(prefix.length + 1).split("/");
    workspace = decodeURIComponent(name);
    path = segments.map(decodeURIComponent).join("/");
  } catch {
    // A stray `%`.
    return undefined;
  }
  if (!isWorkspaceName(workspace) || !isDocPath(path)) return undefined;
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
  const token = new URLSearchParams(query).get("token") ?? bearer ?? "";
  return { workspace, path: parseDocPath(path), token };
}
