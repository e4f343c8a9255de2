/**
 * What was typed and what the clients were told about it, and whether contents keep that word. It
 * collects what is wrong instead of throwing at the first, so that a run ends with figures.
 */

/** Where a value is safe, as its author was told; `memory` is told nothing yet. */
export type Level = "memory" | "device" | "server";

/** The values of each document, in their order. */
export type Contents = ReadonlyMap<string, readonly string[]>;

/** Values and the documents that they were typed into. */
export type Values = ReadonlyMap<string, string>;

/** See the top of this file. */
export interface Ledger {
  /** Notes that `value` was typed; no two values are the same. */
  typed(value: string, path: string): void;
  /** Notes that its author was told that `value` is safe there. */
  told(value: string, level: Level): void;
  /** How many values are known to be on the server. */
  readonly acknowledged: number;
  /** All values that are known to be safe at `level`, or above it; `memory` gives all. */
  promised(level: Level): Values;
  /** Takes unknown values in: their author was killed before he could say that he typed them. */
  adopt(contents: Contents): void;
  /** All of `values` must be in `contents`, nothing twice, and nothing that nobody typed. */
  check(where: string, contents: Contents, values: Values): void;
  /** All of `copies` must be equal, in the order of the values too. */
  agree(copies: ReadonlyMap<string, Contents>): void;
  /** Notes what else must not happen: a refusal, a reset, a store with a problem. */
  wrong(what: string): void;
  /** Promised values that were missed somewhere: `<value> <promise>, <where>`. */
  readonly lost: readonly string[];
  /** All else that went wrong. */
  readonly diverged: readonly string[];
}

const LEVELS: readonly Level[] = ["memory", "device", "server"];

/** Starts an empty ledger. */
export function createLedger(): Ledger {
  const levels = new Map<string, Level>();
  const paths = new Map<string, string>();
  /** Those that were found before their author's own word of them came, which may still be on its way from who was killed. */
  const adopted = new Set<string>();
  const lost = new Set<string>();
  const diverged = new Set<string>();
  let acknowledged = 0;
  const ledger: Ledger = {
    typed(value, path) {
      if (adopted.delete(value) && paths.get(value) === path) return;
      if (paths.has(value)) diverged.add(`${value} was typed twice`);
      paths.set(value, path);
      levels.set(value, "memory");
    },
    told(value, level) {
      const known = levels.get(value);
      if (known === undefined || LEVELS.indexOf(known) < LEVELS.indexOf(level)) {
        levels.set(value, level);
        if (level === "server") acknowledged++;
      }
    },
    get acknowledged() {
      return acknowledged;
    },
    promised(level) {
      const least = LEVELS.indexOf(level);
      return new Map(
        [...paths].filter(([value]) => LEVELS.indexOf(levels.get(value) ?? "memory") >= least),
      );
    },
    adopt(contents) {
      for (const [path, values] of contents) {
        for (const value of values) {
          if (paths.has(value)) continue;
          ledger.typed(value, path);
          adopted.add(value);
        }
      }
    },
    check(where, contents, values) {
      const present = new Map([...contents].map(([path, found]) => [path, new Set(found)]));
      for (const [value, path] of values) {
        if (present.get(path)?.has(value)) continue;
        lost.add(`${value} saved in ${levels.get(value) ?? "memory"}, not in ${where}`);
      }
      for (const [path, found] of contents) {
        const seen = new Set<string>();
        for (const value of found) {
          if (seen.has(value)) diverged.add(`${value} twice in ${path}, ${where}`);
          seen.add(value);
          if (paths.get(value) !== path) diverged.add(`${value} unknown in ${path}, ${where}`);
        }
      }
    },
    agree(copies) {
      const [first, ...others] = copies;
      if (!first) return;
      for (const [where, contents] of others) {
        for (const [path, values] of contents) {
          const expected = first[1].get(path);
          if (JSON.stringify(values) !== JSON.stringify(expected)) {
            diverged.add(
              `${path} of ${values.length} in ${where}, ${expected?.length} in ${first[0]}`,
            );
          }
        }
      }
    },
    wrong: (what) => void diverged.add(what),
    get lost() {
      return [...lost];
    },
    get diverged() {
      return [...diverged];
    },
  };
  return ledger;
}
