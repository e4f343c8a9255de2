/**
 * The demo's own backend: `GET /api/session?user=…` says where the sync server is and hands out a token.
 * It takes everybody's word for who they are, so it is for a demo on one machine and nothing else.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { mintToken } from "@croft/server";
import { z } from "zod";

/** Options of {@link answerSession}. */
export interface SessionEndpoint {
  /** What the sync server checks tokens with. */
  readonly secret: string;
  readonly workspace: string;
  /** The sync server, `ws://…`. */
  readonly url: string;
}

/** Where the endpoint is. */
export const SESSION_PATH = "/api/session";

const querySchema = z.object({
  user: z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/, "must be small letters, digits and dashes"),
  access: z.enum(["write", "read", "none"]).default("write"),
});

/** Answers a request to {@link SESSION_PATH}. */
export async function answerSession(
  request: IncomingMessage,
  response: ServerResponse,
  { secret, workspace, url }: SessionEndpoint,
): Promise<void> {
  if (request.method !== "GET") {
    send(response, 405, { error: "Only GET." });
    return;
  }
  const { searchParams } = new URL(request.url ?? "/", "http://demo.invalid");
  const query = querySchema.safeParse(Object.fromEntries(searchParams));
  if (!query.success) {
    const [issue] = query.error.issues;
    send(response, 400, { error: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` });
    return;
  }
  const { user, access } = query.data;
  const token = await mintToken({ secret, workspace, user, grants: [`**:${access}`] });
  send(response, 200, { token, url });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
