/** One request of a webhook: what is in it, its signature by the Standard Webhooks convention, and what came of it. Tries once. */

import { createHash, createHmac } from "node:crypto";
import { type DocumentRecord, isDeleted, matchesPattern } from "@croft/core";
import type { WebhookSettings } from "./webhook-options.ts";

/** What is told of a document. */
interface ToldDocument {
  readonly path: string;
  readonly event: "changed" | "deleted";
  /** Which content this is about: the same path with the same version was told before. */
  readonly version: string;
  readonly changedAt: string;
}

/** What is sent, however often it has to be. */
export interface WebhookMessage {
  readonly id: string;
  readonly body: string;
}

/** What came of it. */
export type WebhookOutcome =
  | { readonly kind: "taken" }
  /** `wait`: how long the receiver wants to be left alone, in milliseconds. */
  | { readonly kind: "failed"; readonly reason: string; readonly wait?: number };

/** How long a receiver can have itself left alone, in milliseconds. */
const MAX_WAIT = 3_600_000;

/** What of these rows a webhook is to be told; nothing for nothing. */
export function messageOf(
  webhook: WebhookSettings,
  workspace: string,
  rows: readonly DocumentRecord[],
  now: number,
): WebhookMessage | undefined {
  const documents = rows
    .filter(({ path }) => webhook.paths.some((pattern) => matchesPattern(pattern, path)))
    .map(told)
    .filter(({ event }) => webhook.events.includes(event));
  if (documents.length === 0) return undefined;
  const data = { workspace, documents };
  // The same changes have the same id after a restart, too.
  const hash = createHash("sha256")
    .update(JSON.stringify([webhook.url, data]))
    .digest("hex");
  const timestamp = new Date(now).toISOString();
  const body = JSON.stringify({ type: "documents.changed", timestamp, data });
  return { id: `msg_${hash.slice(0, 32)}`, body };
}

/** Sends it once. */
export async function sendOnce(
  { url, key, timeout }: WebhookSettings,
  { id, body }: WebhookMessage,
  now: number,
  stop: AbortSignal,
): Promise<WebhookOutcome> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  try {
    const response = await fetch(url, {
      method: "POST",
      // Where it would go to is not who was named.
      redirect: "manual",
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeout)]),
      headers: {
        "content-type": "application/json",
        "user-agent": "croft-server",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${signature}`,
      },
      body,
    });
    await response.body?.cancel();
    if (response.ok) return { kind: "taken" };
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    const reason = `the answer is ${response.status}`;
    return Number.isFinite(seconds) && seconds > 0
      ? { kind: "failed", reason, wait: Math.min(MAX_WAIT, seconds * 1000) }
      : { kind: "failed", reason };
  } catch (error) {
    return { kind: "failed", reason: reasonOf(error) };
  }
}

function told(row: DocumentRecord): ToldDocument {
  const { path, epoch, head, headTag, changedAt } = row;
  return {
    path,
    event: isDeleted(row) ? "deleted" : "changed",
    version: `${epoch}-${head}-${headTag}`,
    changedAt: new Date(changedAt).toISOString(),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // What fetch throws says "fetch failed", and its cause why.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
