/** Appending to documents over HTTP, for programs that are no replicas. */

import { type DocPath, isDocPath, parseDocPath, submitPlain } from "@croft/core";
import * as Y from "yjs";
import { plainWriters } from "../plain-writers.ts";
import { type Answer, empty, failed, notFound, sentence, tooLarge } from "./answers.ts";
import { bodyOf } from "./request.ts";
import { type Asked, createRoute, nothing, type Route } from "./route.ts";

/** What appending needs of its server. */
export interface AppendingContext {
  readonly settings: { readonly maxUpdateBytes: number };
}

/** The route that appends to a document. */
export function appendingRoutes(context: AppendingContext): readonly Route[] {
  const appending = createRoute({
    ...{ method: "POST", path: "/documents/{path*}", tag: "Documents", needs: "token" },
    name: "appendToDocument",
    summary: "Appends a Yjs update to a document",
    query: nothing,
    body: nothing,
    bytes: "A Yjs update (v1).",
    answers: {
      204: { description: "It is on disk, or was there already." },
      404: { description: "The document may not be read." },
      409: { description: "It builds on what is not here, or others wrote under its client ids." },
      413: { description: "It is too large." },
      422: { description: "It is no update, or none that may be." },
    },
    async answer(asked) {
      const { path = "" } = asked.params;
      return isDocPath(path) ? append(parseDocPath(path), asked, context) : notFound();
    },
  });
  return [appending];
}

/** Appends an update, under its own client ids. */
async function append(
  path: DocPath,
  { request, workspace, hub, who: { principal } }: Asked,
  { settings }: AppendingContext,
): Promise<Answer> {
  const update = await bodyOf(request, settings.maxUpdateBytes);
  if (!update) {
    return tooLarge(`An update has at most ${settings.maxUpdateBytes} bytes.`, "update/invalid");
  }
  const writerOf = plainWriters(workspace, principal);
  const outcome = await submitPlain(hub, {
    ...{ principal, path, update, writerOf },
    own: authorOf(update),
  });
  switch (outcome.kind) {
    case "stored":
      return empty(204);
    case "hidden":
      return notFound();
    case "incomplete":
      return failed(409, "update/invalid", `${sentence(outcome.reason)}`, {
        hint: "Send all that the document lacks: what is after its state vector (?format=vector).",
      });
    case "later": {
      const after = { "retry-after": String(Math.max(1, Math.ceil(outcome.wait / 1000))) };
      return { ...failed(503, "store/failed", sentence(outcome.reason)), headers: after };
    }
    case "refused":
      if (outcome.code === "no-access")
        return failed(403, "access/denied", sentence(outcome.reason));
      return failed(
        outcome.code === "fork" ? 409 : 422,
        "update/invalid",
        sentence(outcome.reason),
      );
  }
}

/** The only client that wrote in an update; nothing where there are several, or it is malformed, which the hub says. */
function authorOf(update: Uint8Array): number | undefined {
  try {
    const [client, ...others] = Y.parseUpdateMeta(update).to.keys();
    return others.length === 0 ? client : undefined;
  } catch {
    return undefined;
  }
}
