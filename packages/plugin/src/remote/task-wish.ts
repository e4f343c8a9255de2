/** What a plugin asks for when it wants a turn: checked at its own end, and at its host's. */

import { CroftError } from "@croft/core";
import * as z from "zod";

/** A wish for a turn. */
export interface TaskWish {
  readonly scope: "device" | "workspace";
  readonly name: string;
  /** In milliseconds. */
  readonly lease: number;
  readonly offline: "wait" | "run";
}

/** A wish as a plugin says it. */
export type AskedTask = { readonly [K in keyof TaskWish]?: TaskWish[K] | undefined };

/** Checks a {@link TaskWish}. */
export const taskWishSchema: z.ZodType<TaskWish, AskedTask> = z.strictObject({
  scope: z.enum(["device", "workspace"]),
  name: z
    .string()
    .max(64)
    .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, "must be lower-case words joined by `-`"),
  lease: z.number().min(5_000).max(3_600_000).default(60_000),
  offline: z.enum(["wait", "run"]).default("wait"),
});

/**
 * Checks what a plugin asked for.
 *
 * @throws {@link CroftError} `input/invalid`.
 */
export function parseTaskWish(plugin: string, wish: AskedTask): TaskWish {
  const result = taskWishSchema.safeParse(wish);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `\`${path.join(".")}\` ${message}`);
  throw new CroftError("input/invalid", `A task of ${plugin} is wrong: ${issues.join("; ")}.`, {
    plugin,
  });
}
