/** The tasks that the parts about collections keep. */

import { defineCollection } from "@croft/core/collection";
import * as z from "zod";

/** How many there are. */
export const TASKS = 10_000;

export const taskDefinition = defineCollection(
  "tasks",
  z.object({
    title: z.string(),
    done: z.boolean(),
    rank: z.number(),
    owner: z.string(),
    note: z.string(),
  }),
  { indexes: ["owner"] },
);

/** A task by itself. */
export interface Task {
  readonly title: string;
  readonly done: boolean;
  readonly rank: number;
  readonly owner: string;
  readonly note: string;
}

/** A task and its id. */
export type TaskWithId = Task & { readonly id: string };

/** Task number `index`. */
export function taskOf(index: number): TaskWithId {
  return {
    id: `t${index}`,
    title: `Task number ${index}`,
    done: index % 3 === 0,
    // Every rank once, in no order.
    rank: (index * 7919) % 10_007,
    owner: `user-${index % 100}`,
    note: "a short note about it",
  };
}

/** All tasks. */
export function* allTasks(): Iterable<TaskWithId> {
  for (let index = 0; index < TASKS; index++) yield taskOf(index);
}

/** The first 50 open tasks, by a look at all of them. */
export function topOf(all: Iterable<TaskWithId>): readonly TaskWithId[] {
  return [...all]
    .filter(({ done }) => !done)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 50);
}
