/** The addresses that clients of the y-websocket protocol build: `/y/<workspace>/<document path>?token=…`. */

import type { IncomingMessage } from "node:http";
import { type DocPath, isDocPath, parseDocPath } from "@croft/core";
import { addressPartsOf, bearerOf, decoded } from "../http/request.ts";
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
  request: Pick<IncomingMessage, "url" | "headers">,
  prefix: string,
): PlainDocument | undefined {
  const { pathname, query } = addressPartsOf(request);
  if (!pathname.startsWith(`${prefix}/`)) return undefined;
  const [name = "", ...segments] = pathname.slice(prefix.length + 1).split("/");
  const workspace = decoded(name);
  const path = segments.map((segment) => decoded(segment) ?? "").join("/");
  if (workspace === undefined || !isWorkspaceName(workspace) || !isDocPath(path)) return undefined;
  const token = new URLSearchParams(query).get("token") ?? bearerOf(request) ?? "";
  return { workspace, path: parseDocPath(path), token };
}
