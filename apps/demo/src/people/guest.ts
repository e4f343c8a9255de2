/**
 * Who uses this browser: a guest with a friendly name, made once and kept. The user id is made of the
 * first name and never changes after that; name and colour may.
 */

import { z } from "zod";
import { COLORS } from "./palette.ts";

/** Longest name, in characters. */
export const MAX_NAME = 40;

const schema = z.object({
  id: z.string().regex(/^guest-[a-z0-9-]{1,80}$/),
  name: z.string().trim().min(1).max(MAX_NAME),
  color: z.enum(COLORS),
});

/** A guest. */
export type Guest = Readonly<z.infer<typeof schema>>;

/** Where guests are kept: the part of `localStorage` that is used. */
export type GuestStorage = Pick<Storage, "getItem" | "setItem">;

const KEY = "croft-demo/guest";
const FIRST = [
  "Amber",
  "Bright",
  "Calm",
  "Clever",
  "Gentle",
  "Keen",
  "Merry",
  "Quiet",
  "Swift",
  "Wry",
];
const SECOND = [
  "Badger",
  "Curlew",
  "Fox",
  "Hare",
  "Heron",
  "Lark",
  "Otter",
  "Owl",
  "Robin",
  "Wren",
];

/** The guest of this browser; a new one at the first visit, or where what was kept is no guest. */
export function loadGuest(storage: GuestStorage, random: () => number = Math.random): Guest {
  const kept = parse(storage.getItem(KEY));
  if (kept) return kept;
  const guest = createGuest(random);
  saveGuest(storage, guest);
  return guest;
}

/** Keeps a changed name or colour. */
export function saveGuest(storage: GuestStorage, guest: Guest): void {
  storage.setItem(KEY, JSON.stringify(guest));
}

/** One or two letters for an avatar. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  return words.slice(0, 2).map(firstLetter).join("").toLocaleUpperCase();
}

/** What to call somebody of whom only the user id is known: by the name that the id was made of. */
export function nameOfGuest(id: string, self: string): string {
  if (id === self) return "you";
  const words = /^guest-([a-z]+)-([a-z]+)-[a-z0-9]+$/.exec(id)?.slice(1) ?? [];
  if (words.length === 0) return id;
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

function createGuest(random: () => number): Guest {
  const name = `${pick(FIRST, random)} ${pick(SECOND, random)}`;
  const suffix = Array.from({ length: 8 }, () => Math.floor(random() * 36).toString(36)).join("");
  const id = `guest-${name.toLowerCase().replace(" ", "-")}-${suffix}`;
  return { id, name, color: pick(COLORS, random) };
}

function firstLetter(word: string): string {
  for (const { segment } of new Intl.Segmenter().segment(word)) return segment;
  return "";
}

function pick<T>(list: readonly T[], random: () => number): T {
  const picked = list[Math.floor(random() * list.length)];
  if (picked === undefined) throw new RangeError("nothing to pick from");
  return picked;
}

function parse(text: string | null): Guest | undefined {
  if (text === null) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Not JSON: as good as nothing.
  }
}
