/** What an operator says of a webhook, and the check at the boundary. */

import { type DocPattern, parsePattern } from "@croft/core";
import { z } from "zod";

/** What a webhook is told of a document. */
export type WebhookEvent = "changed" | "deleted";

/** Whom the server tells of changes. */
export interface WebhookOptions {
  /** Gets a POST. Any address that the server reaches, private ones too: it is the operator who names it. */
  readonly url: string;
  /** What requests are signed with, as in the Standard Webhooks convention: `whsec_` and 24 bytes or more in base64. */
  readonly secret: string;
  /** Default: both. */
  readonly events?: readonly WebhookEvent[] | undefined;
  /** Patterns of the documents that are meant, as `notes/**`. Default: `["**"]`. */
  readonly paths?: readonly string[] | undefined;
  /** Default: all. */
  readonly workspaces?: readonly string[] | undefined;
  /** How long changes are collected before a request, in milliseconds; a document is in it once. Default: 2,000. */
  readonly collect?: number | undefined;
  /** How long an answer may take, in milliseconds. Default: 15,000. */
  readonly timeout?: number | undefined;
  /** After how many failures in a row it counts as dead: that is logged, and it is tried once an hour. Default: 10. */
  readonly attempts?: number | undefined;
}

/** {@link WebhookOptions}, checked and complete. */
export interface WebhookSettings {
  readonly url: string;
  readonly key: Buffer;
  readonly events: readonly WebhookEvent[];
  readonly paths: readonly DocPattern[];
  readonly workspaces: readonly string[] | undefined;
  readonly collect: number;
  readonly timeout: number;
  readonly attempts: number;
}

const PREFIX = "whsec_";
const MIN_KEY_BYTES = 24;
const DAY = 24 * 3_600_000;

const secret = z.string("is needed").transform((text, context): Buffer => {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : "";
  const key = Buffer.from(encoded, "base64");
  if (key.length < MIN_KEY_BYTES || !z.base64().safeParse(encoded).success) {
    context.addIssue(`must be ${PREFIX} and ${MIN_KEY_BYTES} bytes or more in base64`);
  }
  return key;
});
const pattern = z.string().transform((text, context): DocPattern => {
  try {
    return parsePattern(text);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : "is no pattern");
    return z.NEVER;
  }
});

/** Makes settings of options. */
export const webhookSchema: z.ZodType<WebhookSettings, unknown> = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "must be an address, as https://example.org/hook" })
      // Requests cannot be made to such an address, and it would stand in the log.
      .refine((text) => new URL(text).username === "", "must have no user and password in it"),
    secret,
    events: z
      .array(z.enum(["changed", "deleted"]))
      .min(1)
      .default(["changed", "deleted"]),
    paths: z.array(pattern).min(1).prefault(["**"]),
    workspaces: z.array(z.string()).optional(),
    collect: z.number().int().min(0).max(DAY).default(2000),
    timeout: z.number().int().min(1).max(300_000).default(15_000),
    attempts: z.number().int().min(1).max(1000).default(10),
  })
  .transform(({ secret: key, ...rest }) => ({ ...rest, key, workspaces: rest.workspaces }));
