/** The shape of a manifest's `contributes.views`, and what has to hold between their fields. */

import * as z from "zod";
import type { ViewContribution } from "./contributions.ts";
import { parsed, type Refuse, text } from "./manifest-fields.ts";
import { parseContributionName } from "./contribution-name.ts";

const MAX_HEIGHT = 4_000;
const height = z
  .int(`must be a whole number of pixels, up to ${MAX_HEIGHT}`)
  .min(0, { error: "must not be negative" })
  .max(MAX_HEIGHT, { error: `must not be more than ${MAX_HEIGHT}` });

/** Checks one view. */
export const viewSchema: z.ZodType<ViewContribution> = z.strictObject(
  {
    name: parsed('the plugin and a name, for example "stats/summary"', (name) =>
      parseContributionName(name, "view"),
    ),
    title: text("a title for people", 80),
    where: z.literal("panel", 'must be "panel"').default("panel"),
    kind: z
      .enum(["described", "framed"], { error: 'must be "described" or "framed"' })
      .default("described"),
    minHeight: height.default(40),
    maxHeight: height.default(640),
  },
  { error: "must be a view" },
);

/** What has to hold between the fields of a view. */
export function checkHeights(views: readonly ViewContribution[], refuse: Refuse): void {
  for (const [index, { minHeight, maxHeight }] of views.entries()) {
    if (maxHeight >= minHeight) continue;
    refuse(["contributes", "views", index, "maxHeight"], "must not be less than `minHeight`");
  }
}
