/**
 * Writes down which plugins are being started, and which starts failed, in the host's memory: a page that died while it
 * started a plugin finds that when it comes back. A memory that is forbidden, full or damaged is told once and
 * costs nothing else.
 */

import { CroftError, toCroftError } from "@croft/core";
import * as z from "zod";
import { createTransientMemory, type HostMemory } from "./host-memory.ts";
import type { Mishap } from "./trouble-report.ts";

/** Options of {@link openStartJournal}. */
export interface StartJournalOptions {
  readonly memory: HostMemory;
  readonly now: () => number;
  /** How long a start may take, in milliseconds: what another writer began and did not end within it has failed. */
  readonly patience: number;
  readonly onProblem: (problem: CroftError) => void;
}

/** Which plugin a start is one of; another version has a fresh start. */
export interface Started {
  readonly id: string;
  readonly version: string;
}

/** See the top of this file. */
export interface StartJournal {
  /** The starts that failed since the last one that did not, oldest first. */
  failures(plugin: Started): readonly Mishap[];
  /** Whether the last of them never ended: the page died meanwhile, by this plugin or another. */
  isSuspect(plugin: Started): boolean;
  /** A start begins. */
  begun(plugin: Started): void;
  /** It was given up by somebody; it neither failed nor succeeded. */
  givenUp(plugin: Started): void;
  succeeded(plugin: Started): void;
  failed(plugin: Started, mishap: Mishap): void;
  /** The page goes: no start that runs now has failed. */
  leave(): void;
}

const UNFINISHED = "the application ended while it was starting.";
const UNTIL_THEN = "began to start";
/** Longest text that is kept of a failure. */
const MAX_TEXT = 500;
/** How many failures are kept of one plugin, and how many plugins there are notes of. */
const MAX_FAILURES = 10;
const MAX_NOTES = 200;
/** Longest memory that is read, in characters. */
const MAX_MEMORY = 2_000_000;

const mishap = z.object({
  at: z.number(),
  reason: z.string(),
  last: z.object({ what: z.string(), at: z.number() }).optional(),
});
const book = z.object({
  format: z.literal(1),
  notes: z.array(
    z.object({
      id: z.string(),
      version: z.string(),
      /** The starts that are under way, by writer. */
      begun: z.array(z.object({ by: z.string(), at: z.number() })),
      failures: z.array(mishap),
    }),
  ),
});
type Note = z.infer<typeof book>["notes"][number];

/** Opens the journal; starts that were never ended are failures from now on. */
export function openStartJournal(options: StartJournalOptions): StartJournal {
  return new Journal(options);
}

class Journal implements StartJournal {
  readonly #options: StartJournalOptions;
  readonly #writer: string;
  #memory: HostMemory;
  #told = false;

  constructor(options: StartJournalOptions) {
    this.#options = options;
    this.#memory = options.memory;
    this.#writer = options.memory.writer ?? "";
    this.#recover();
  }

  failures({ id, version }: Started): readonly Mishap[] {
    const note = this.#read().get(id);
    if (note?.version !== version) return [];
    return note.failures.map(({ at, reason, last }) => ({ at, reason, last }));
  }

  isSuspect(plugin: Started): boolean {
    return this.failures(plugin).at(-1)?.reason === UNFINISHED;
  }

  begun(plugin: Started): void {
    this.#edit(plugin, (note) => {
      note.begun.push({ by: this.#writer, at: this.#options.now() });
    });
  }

  givenUp(plugin: Started): void {
    this.#edit(plugin, () => undefined);
  }

  succeeded(plugin: Started): void {
    this.#edit(plugin, (note) => {
      note.failures = [];
    });
  }

  failed(plugin: Started, { at, reason, last }: Mishap): void {
    this.#edit(plugin, (note) => {
      note.failures.push({
        at,
        reason: reason.slice(0, MAX_TEXT),
        last: last && { what: last.what.slice(0, MAX_TEXT), at: last.at },
      });
    });
  }

  leave(): void {
    const notes = this.#read();
    let changed = false;
    for (const note of notes.values()) {
      const others = note.begun.filter(({ by }) => by !== this.#writer);
      changed ||= others.length < note.begun.length;
      note.begun = others;
    }
    if (changed) this.#write(notes);
  }

  #recover(): void {
    const { now, patience } = this.#options;
    const notes = this.#read();
    let changed = false;
    for (const note of notes.values()) {
      for (const start of note.begun) {
        // A clock that was put back makes no start eternal.
        if (start.by !== this.#writer && Math.abs(now() - start.at) <= patience) continue;
        const last = { what: UNTIL_THEN, at: start.at };
        note.failures.push({ at: start.at, reason: UNFINISHED, last });
        note.begun = note.begun.filter((other) => other !== start);
        changed = true;
      }
    }
    if (changed) this.#write(notes);
  }

  /** Ends the start that this writer has under way, and changes the note. */
  #edit({ id, version }: Started, change: (note: Note) => void): void {
    const notes = this.#read();
    const known = notes.get(id);
    const note: Note =
      known?.version === version ? known : { id, version, begun: [], failures: [] };
    note.begun = note.begun.filter(({ by }) => by !== this.#writer);
    change(note);
    // The newest at the end: the oldest go first.
    notes.delete(id);
    notes.set(id, note);
    this.#write(notes);
  }

  #read(): Map<string, Note> {
    let text: string | undefined;
    try {
      text = this.#memory.read();
    } catch (error) {
      this.#lose(error, "cannot be read");
      return this.#read();
    }
    if (text === undefined) return new Map();
    try {
      if (text.length > MAX_MEMORY) throw new Error("it is too long");
      const { notes } = book.parse(JSON.parse(text));
      return new Map(notes.map((note) => [note.id, note]));
    } catch {
      this.#tell(
        "The memory of plugins' starts was damaged and is begun anew.",
        "Plugins that were parked are tried again.",
      );
      return new Map();
    }
  }

  #write(notes: ReadonlyMap<string, Note>): void {
    const kept = [...notes.values()]
      .filter(({ begun, failures }) => begun.length + failures.length > 0)
      .slice(-MAX_NOTES)
      .map((note) => ({ ...note, failures: note.failures.slice(-MAX_FAILURES) }));
    const text = JSON.stringify({ format: 1, notes: kept });
    try {
      this.#memory.write(text);
    } catch (error) {
      this.#lose(error, "cannot be written");
      this.#memory.write(text);
    }
  }

  /** Goes on without the application's memory. */
  #lose(error: unknown, what: string): void {
    this.#memory = createTransientMemory();
    const { message } = toCroftError(error, "store/failed", "The memory");
    this.#tell(
      `The memory of plugins' starts ${what}: ${message}`,
      "Plugins run; a page that dies while it starts one does not know of it when it comes back.",
    );
  }

  #tell(message: string, hint: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.onProblem(new CroftError("store/failed", message, { hint }));
  }
}
