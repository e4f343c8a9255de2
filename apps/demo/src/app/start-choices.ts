/** How a person wants the demo to start: what the address says beside the place, and what this browser keeps. */

import { z } from "zod";

/** `?safe` starts no plugin that somebody installed, for when the app does not come up with them. */
export function wantsSafeMode(search: string): boolean {
  return new URLSearchParams(search).has("safe");
}

/** Where `croft-plugin dev` offers the plugin that somebody is writing: `?dev=http://127.0.0.1:5180`. */
export function developedAt(search: string): string | undefined {
  return new URLSearchParams(search).get("dev") ?? undefined;
}

/** The address of this page in safe mode, or out of it. */
export function hrefOfSafeMode(safe: boolean, { pathname, search, hash }: Location): string {
  const query = new URLSearchParams(search);
  if (safe) query.set("safe", "");
  else query.delete("safe");
  const text = query.toString();
  return `${pathname}${text === "" ? "" : `?${text}`}${hash}`;
}

/** When updates run that somebody else installed. */
export type UpdateChoice = z.infer<typeof choiceSchema>;

const choiceSchema = z.enum(["now", "agreed"]);
const UPDATES = "croft-demo/updates";

/** How long an update waits for which nobody was asked, in milliseconds: three days. */
export const UPDATE_AGE = 3 * 86_400_000;

/** What was chosen; at once, if nothing was. */
export function loadUpdateChoice(storage: Pick<Storage, "getItem">): UpdateChoice {
  return choiceSchema.catch("now").parse(storage.getItem(UPDATES));
}

/** Keeps the choice, for the next start. */
export function keepUpdateChoice(storage: Pick<Storage, "setItem">, choice: UpdateChoice): void {
  storage.setItem(UPDATES, choice);
}
