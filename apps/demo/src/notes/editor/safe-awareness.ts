/**
 * The awareness as the editor's cursors see it. y-codemirror puts a peer's colour into a style attribute
 * and a peer's cursor into Yjs as they come; so only checked names, colours of our own palette and
 * well-formed cursors pass.
 */

import type { Awareness } from "y-protocols/awareness";
import { z } from "zod";
import { cssColor, cssTint } from "../../people/palette.ts";
import { readPresence } from "../../people/presence-state.ts";

/** The part of an Awareness that y-codemirror uses. */
export type EditorAwareness = Pick<
  Awareness,
  "doc" | "on" | "off" | "getLocalState" | "setLocalStateField" | "getStates"
>;

const id = z.object({
  client: z.number().int().nonnegative(),
  clock: z.number().int().nonnegative(),
});
const position = z
  .object({
    type: id.nullable().default(null),
    // The text of a page, and no other: looking up a name makes it.
    tname: z.literal("body").nullable().default(null),
    item: id.nullable().default(null),
    assoc: z.number().int().optional(),
  })
  .refine(({ type, tname, item }) => [type, tname, item].some((place) => place !== null));
const cursorSchema = z.object({ cursor: z.object({ anchor: position, head: position }) });

/** Wraps an awareness for the editor. */
export function createEditorAwareness(awareness: Awareness): EditorAwareness {
  return {
    doc: awareness.doc,
    on: awareness.on.bind(awareness),
    off: awareness.off.bind(awareness),
    getLocalState: () => awareness.getLocalState(),
    setLocalStateField: (field, value) => awareness.setLocalStateField(field, value),
    getStates() {
      const states = new Map<number, Record<string, unknown>>();
      for (const [client, state] of awareness.getStates()) {
        const person = readPresence(client, state);
        const cursor = cursorSchema.safeParse(state);
        if (!person || !cursor.success) continue;
        const { name, color } = person;
        states.set(client, {
          user: { name, color: cssColor(color), colorLight: cssTint(color) },
          cursor: cursor.data.cursor,
        });
      }
      return states;
    },
  };
}
