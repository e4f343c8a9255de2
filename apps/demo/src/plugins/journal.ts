/** What plugins logged and what went wrong with them, while this window is open. Bounded, whatever they send. */

import { createEmitter, type Unsubscribe } from "@croft/core";
import type { LogLevel } from "@croft/host";

/** One line. */
export interface JournalLine {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: "problem" | LogLevel;
  readonly text: string;
  /** What a person can do about it. */
  readonly hint?: string | undefined;
}

/** See the top of this file. */
export interface Journal {
  add(plugin: string, line: Pick<JournalLine, "kind" | "text" | "hint">): void;
  /** The newest lines of a plugin, the oldest first; the same array until one comes. */
  lines(plugin: string): readonly JournalLine[];
  /** Calls `listener` a little after lines were added, once for many. */
  readonly subscribe: (listener: () => void) => Unsubscribe;
}

/** How many lines of a plugin are kept, and how long each may be. */
export const MOST_LINES = 100;
export const MOST_LETTERS = 1_000;

/** Whoever looks need not see more often what came, in milliseconds. */
const REST = 200;
const NOTHING: readonly JournalLine[] = [];

/** Creates an empty journal. */
export function createJournal(now: () => number = Date.now): Journal {
  const changed = createEmitter<void>();
  const all = new Map<string, readonly JournalLine[]>();
  let next = 1;
  let announcing = false;
  return {
    add(plugin, { kind, text, hint }) {
      const line = { id: next++, at: now(), kind, text: shorten(text), hint };
      all.set(plugin, [...(all.get(plugin) ?? NOTHING), line].slice(-MOST_LINES));
      if (announcing) return;
      announcing = true;
      setTimeout(() => {
        announcing = false;
        changed.emit();
      }, REST);
    },
    lines: (plugin) => all.get(plugin) ?? NOTHING,
    subscribe: (listener) => changed.on(listener),
  };
}

/** A message with its data, as a line of text. */
export function lineOf(message: string, data: unknown): string {
  if (data === undefined) return message;
  return `${message} ${data instanceof Error ? data.message : inJson(data)}`;
}

function inJson(data: unknown): string {
  try {
    return JSON.stringify(data) ?? String(data);
  } catch {
    // A circle, or a bigint: that there was something is all that can be said of it.
    return "…";
  }
}

function shorten(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}
