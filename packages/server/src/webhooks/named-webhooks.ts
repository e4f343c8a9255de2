/** Webhooks as a command line, a variable or a file names them: by an address alone, or with all that can be said of one. */

import { z } from "zod";
import { type WebhookOptions, webhookSchema } from "./webhook-options.ts";

/** One of them, whose secret may be the common one. */
export type NamedWebhook =
  | string
  | (Omit<WebhookOptions, "secret"> & { secret?: string | undefined });

/** Reads one. */
export const namedWebhook: z.ZodType<NamedWebhook, unknown> = z.union(
  [
    z.string(),
    z.strictObject({
      url: z.string(),
      secret: z.string().optional(),
      events: z.array(z.enum(["changed", "deleted"])).optional(),
      paths: z.array(z.string()).optional(),
      workspaces: z.array(z.string()).optional(),
      collect: z.number().optional(),
      timeout: z.number().optional(),
      attempts: z.number().optional(),
    }),
  ],
  "must be an address, or an object with what can be said of a webhook",
);

/** Options of a server, or what is wrong with them. */
export function webhooksOf(
  named: readonly NamedWebhook[],
  secret: string | undefined,
): { readonly webhooks: readonly WebhookOptions[] } | { readonly mistake: string } {
  const webhooks: WebhookOptions[] = [];
  for (const each of named) {
    const options = typeof each === "string" ? { url: each } : each;
    const webhook = { ...options, secret: options.secret ?? secret ?? "" };
    const parsed = webhookSchema.safeParse(webhook);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const part = issue?.path[0];
      const name =
        part === "secret"
          ? "secret of the webhook (--webhook-secret)"
          : `${String(part)} of the webhook`;
      return { mistake: `The ${name} ${options.url} ${issue?.message}.` };
    }
    webhooks.push(webhook);
  }
  return { webhooks };
}
