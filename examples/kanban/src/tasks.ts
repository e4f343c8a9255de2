/** What is known of the board outside of it: how its tasks are kept, and how others add one. The calendar bundles it, too. */

import { defineCollection, type RecordOf } from "@croft/core/collection";
import { defineApi } from "@croft/plugin";
import * as z from "zod";

/** The document that all tasks are in. */
export const BOARD = "kanban/board";

/** A day, as `2026-11-28`. */
export const day: z.ZodType<string> = z.iso.date();

/** Records that merge field by field: one person may move a task while another one renames it. */
export const taskDefinition = defineCollection("tasks", {
  title: z.string(),
  column: z.string(),
  /** Where it is in its column: between those with a lower and those with a higher number. */
  order: z.number(),
  due: day.nullable(),
});

/** A task. */
export type Task = RecordOf<(typeof taskDefinition)["shape"]>;

/** What others say of a new task. */
export const newTask = z.object({
  title: z.string().trim().min(1).max(200).default("New task"),
  due: day.nullable().default(null),
});
export type NewTask = z.output<typeof newTask>;

/** The functions that the board offers. */
export const taskApi = defineApi("kanban/tasks", {
  add: { input: newTask, output: z.object({ id: z.string() }) },
});
