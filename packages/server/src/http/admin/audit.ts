/** The audit log of a workspace over HTTP. */

import { z } from "zod";
import { auditEntrySchema } from "../../membership/records.ts";
import { json } from "../answers.ts";
import { createRoute, nothing, type Route } from "../route.ts";

const query = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .default(Number.MAX_SAFE_INTEGER)
    .describe("`next` of the page before: entries with a smaller number."),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("Most of a page."),
});
const page = z.object({
  entries: z.array(auditEntrySchema),
  next: z.number().int().optional().describe("Goes into `after`; absent on the last page."),
});

/** The route of the audit log. */
export const auditRoutes: readonly Route[] = [
  createRoute({
    ...{ method: "GET", path: "/audit", tag: "Audit log", needs: "admin", name: "readAudit" },
    summary: "Tells who changed what of all this, newest first",
    ...{ query, body: nothing },
    answers: { 200: { description: "A page of the log.", schema: page } },
    async answer({ query: { after, limit }, membership }) {
      const found = await membership.readAudit(after, limit + 1);
      const entries = found.slice(0, limit);
      const next = found.length > limit ? entries.at(-1)?.number : undefined;
      return json(200, { entries, next });
    },
  }),
];
