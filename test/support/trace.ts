/** The recorded editing histories in test/data, as scripts that an author can type. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** One keystroke: at UTF-16 position `at`, removes `deleted` characters, then inserts. */
export interface Keystroke {
  readonly at: number;
  readonly deleted: number;
  readonly inserted: string;
}

/** Keystrokes of one author between two moments when he saw something new of the other's. */
export interface Turn {
  /** How many of the other author's keystrokes are seen: exactly the first so many. */
  readonly sees: number;
  /** How many keystrokes this author made before. */
  readonly first: number;
  readonly keystrokes: readonly Keystroke[];
}

/** What one of two authors types, and when he sees what. */
export interface Script {
  readonly turns: readonly Turn[];
  readonly keystrokes: readonly Keystroke[];
  /** The counts of this author's keystrokes at which the other one looks. */
  readonly looks: ReadonlySet<number>;
  /** Characters inserted and removed by the first n keystrokes, at n. */
  readonly work: readonly number[];
  /** Characters inserted by the first n keystrokes, at n. */
  readonly inserted: readonly number[];
}

/** Two authors at the same time. */
export interface ConcurrentTrace {
  readonly scripts: readonly [Script, Script];
  readonly endContent: string;
}

/** One author; keystrokes of the same time stamp belong together. */
export interface SequentialTrace {
  readonly batches: readonly (readonly Keystroke[])[];
  readonly endContent: string;
}

type Patch = readonly [at: number, deleted: number, inserted: string];

interface ConcurrentFile {
  readonly endContent: string;
  readonly txns: readonly {
    readonly parents: readonly number[];
    readonly agent: 0 | 1;
    readonly patches: readonly Patch[];
  }[];
}

interface SequentialFile {
  readonly endContent: string;
  readonly txns: readonly { readonly time: string; readonly patches: readonly Patch[] }[];
}

/** `friendsforever.json.gz`. */
export function loadFriendsForever(): ConcurrentTrace {
  const file = read("friendsforever.json.gz") as ConcurrentFile;
  const keystrokes: [Keystroke[], Keystroke[]] = [[], []];
  const turns: [Turn[], Turn[]] = [[], []];
  const open: [Keystroke[], Keystroke[]] = [[], []];
  // How many keystrokes of each author are in a transaction and everything before it.
  const versions: (readonly [number, number])[] = [];
  for (const { parents, agent, patches } of file.txns) {
    let [zero, one] = [0, 0];
    for (const parent of parents) {
      const version = versions[parent] ?? [0, 0];
      zero = Math.max(zero, version[0]);
      one = Math.max(one, version[1]);
    }
    const own = agent === 0 ? zero : one;
    const sees = agent === 0 ? one : zero;
    const made = keystrokes[agent].length;
    if (own !== made) throw new Error("an author does not see his own keystrokes");
    if (turns[agent].at(-1)?.sees !== sees) {
      open[agent] = [];
      turns[agent].push({ sees, first: made, keystrokes: open[agent] });
    }
    const [keystroke, ...more] = patches.map(toKeystroke);
    if (!keystroke || more.length > 0) throw new Error("a transaction is not one keystroke");
    keystrokes[agent].push(keystroke);
    open[agent].push(keystroke);
    versions.push(agent === 0 ? [made + 1, one] : [zero, made + 1]);
  }
  const script = (agent: 0 | 1): Script => {
    const other = turns[agent === 0 ? 1 : 0];
    const looks = new Set([...other.map(({ sees }) => sees), keystrokes[agent].length]);
    const inserted = sums(keystrokes[agent].map((keystroke) => keystroke.inserted.length));
    const work = sums(
      keystrokes[agent].map((keystroke) => keystroke.inserted.length + keystroke.deleted),
    );
    return { turns: turns[agent], keystrokes: keystrokes[agent], looks, work, inserted };
  };
  return { scripts: [script(0), script(1)], endContent: file.endContent };
}

/** `automerge-paper.json.gz`. */
export function loadAutomergePaper(): SequentialTrace {
  const file = read("automerge-paper.json.gz") as SequentialFile;
  const batches: Keystroke[][] = [];
  let last: string | undefined;
  for (const { time, patches } of file.txns) {
    if (time !== last) batches.push([]);
    last = time;
    batches.at(-1)?.push(...patches.map(toKeystroke));
  }
  return { batches, endContent: file.endContent };
}

/** `text` after a keystroke. */
export function typed(text: string, { at, deleted, inserted }: Keystroke): string {
  return text.slice(0, at) + inserted + text.slice(at + deleted);
}

function toKeystroke([at, deleted, inserted]: Patch): Keystroke {
  return { at, deleted, inserted };
}

function read(name: string): { readonly endContent: string } {
  const bytes = readFileSync(new URL(`../data/${name}`, import.meta.url));
  const text = gunzipSync(bytes).toString("utf8");
  // Positions count code points. As long as each is one UTF-16 unit, these are the positions of
  // Y.Text; a trace with others needs a translation that nobody has needed yet. (The file is
  // JSON: a surrogate may also hide in an escape.)
  if (/[\ud800-\udfff]|\\ud[89a-f]/i.test(text)) throw new Error(`${name} is not in the BMP`);
  return JSON.parse(text) as { readonly endContent: string };
}

/** The sums of the first 0, 1, 2, … numbers. */
function sums(numbers: readonly number[]): readonly number[] {
  const all = [0];
  let sum = 0;
  for (const number of numbers) all.push((sum += number));
  return all;
}
