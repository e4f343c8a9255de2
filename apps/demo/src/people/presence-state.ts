/** What people tell each other about themselves, and the check of what others say: they are strangers. */

import { z } from "zod";
import { MAX_NAME } from "./guest.ts";
import { COLORS, type PersonColor } from "./palette.ts";

/** Somebody who is here, in one window. */
export interface Presence {
  /** The presence id: one for each window. */
  readonly id: number;
  /** The user's id, which the server vouches for. */
  readonly user: string;
  readonly name: string;
  readonly color: PersonColor;
  /** The page that the person looks at. */
  readonly page: string | undefined;
}

const schema = z.object({
  user: z
    .object({
      name: z.string().trim().min(1).max(MAX_NAME).catch("Somebody"),
      color: z.enum(COLORS).catch("slate"),
    })
    .catch({ name: "Somebody", color: "slate" }),
  principal: z.string().catch(""),
  page: z.string().max(64).optional().catch(undefined),
});

/** Reads a remote state; `undefined` when it says nothing that can be shown. */
export function readPresence(id: number, state: unknown): Presence | undefined {
  const parsed = schema.safeParse(state);
  if (!parsed.success) return undefined;
  const { user, principal, page } = parsed.data;
  // A plugin's stamp is `user/plugin`; a person is a person in each of them.
  return { id, user: principal.split("/")[0] ?? "", name: user.name, color: user.color, page };
}
