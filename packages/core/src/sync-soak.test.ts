/**
 * Random histories of devices and a server with faults; after each: heal, come to rest, and check
 * the invariants. A failure prints the seed, which replays the same choices. `SOAK_SEEDS` and
 * `SOAK_FIRST` choose others than the suite's.
 */

import { describe, it, vi } from "vitest";
import type { DocumentHandle } from "./replica/document-handle.ts";
import { createRig, grants, type Rig, type RigDevice } from "./testing/rig.ts";

const FIRST = Number(process.env["SOAK_FIRST"] ?? 1);
const SEEDS = Number(process.env["SOAK_SEEDS"] ?? 60);
const PATHS = ["notes/one", "notes/two"];
const USERS = ["ada", "ben", "cleo"];

/** Mulberry32: small, seeded, good enough to make choices. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

interface Person {
  readonly user: string;
  device: RigDevice;
  handles: DocumentHandle[];
}

class History {
  readonly rig: Rig;
  readonly log: string[] = [];
  readonly people: Person[] = [];
  /** Words that were typed and saved on a device, by path; each is unique. */
  readonly typed = new Map<string, string>();
  readonly #dice: (sides: number) => number;
  #words = 0;

  constructor(rig: Rig, dice: (sides: number) => number) {
    this.rig = rig;
    this.#dice = dice;
  }

  async start(): Promise<void> {
    for (const user of USERS) this.people.push(await this.#open(user));
  }

  async #open(user: string, disk?: RigDevice["disk"]): Promise<Person> {
    const device = await this.rig.device(user, disk);
    const handles = PATHS.map((path) => device.workspace.open(path));
    return { user, device, handles };
  }

  async step(): Promise<void> {
    const person = this.people[this.#dice(this.people.length)];
    if (!person) return;
    const handle = person.handles[this.#dice(person.handles.length)];
    if (!handle) return;
    const choice = this.#dice(100);
    if (choice < 45) await this.#type(person, handle);
    else if (choice < 55) this.#erase(person, handle);
    else if (choice < 62)
      this.#note(`${person.user} pauses`, () => person.device.workspace.sync.pause());
    else if (choice < 72)
      this.#note(`${person.user} resumes`, () => person.device.workspace.sync.resume());
    else if (choice < 77) this.#note(`${person.user} is cut`, () => person.device.wire?.cut());
    else if (choice < 80)
      this.#note(`${person.user} hears nothing`, () => person.device.wire?.hold(1));
    else if (choice < 84)
      this.#note(`${person.user} hears again`, () => person.device.wire?.release(1));
    else if (choice < 87)
      await this.#noteAsync("the server restarts", () => this.rig.restartServer());
    else if (choice < 90) {
      this.#note("the server's next answer is lost", () => {
        this.rig.store.loseNextAnswer = true;
      });
    } else if (choice < 92) {
      this.#note(`${person.user}'s next answer is lost`, () => {
        person.device.store.loseNextAnswer = true;
      });
    } else if (choice < 95) {
      const full = person.device.store.failWith === undefined;
      this.#note(`${person.user}'s disk is ${full ? "full" : "free"}`, () => {
        person.device.store.failWith = full ? "store/full" : undefined;
      });
    } else if (choice < 97) {
      const limited = this.#dice(2) === 0;
      this.#note(`${person.user} may ${limited ? "read" : "write"}`, () =>
        this.rig.gate.limitUser(person.user, limited ? grants("**:read") : undefined),
      );
    } else if (choice < 99) await this.#crash(person);
    else {
      this.#deleted.add(handle.path);
      await this.#noteAsync(`${handle.path} is deleted`, () =>
        this.rig.hub.deleteDocument(handle.path).catch(() => undefined),
      );
    }
    if (this.#dice(3) === 0) await Promise.resolve();
    if (this.#dice(6) === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async #type(person: Person, handle: DocumentHandle): Promise<void> {
    const word = `<${++this.#words}${person.user[0]}>`;
    this.log.push(`${person.user} types ${word} into ${handle.path}`);
    const body = handle.doc.getText("body");
    body.insert(this.#dice(body.length + 1), word);
    if (this.#dice(4) !== 0 || person.device.store.failWith) return;
    const saved = await handle.saved("device", { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    );
    if (saved) this.typed.set(word, handle.path);
  }

  #erase(person: Person, handle: DocumentHandle): void {
    const body = handle.doc.getText("body");
    if (body.length === 0) return;
    const at = this.#dice(body.length);
    // Erasing breaks words; what the check looks for is typed anew as nothing.
    const erased = Math.min(3, body.length - at);
    this.log.push(`${person.user} erases ${erased} at ${at} of ${handle.path}`);
    body.delete(at, erased);
    this.#erasures++;
  }
  #erasures = 0;
  readonly #deleted = new Set<string>();

  async #crash(person: Person): Promise<void> {
    this.log.push(`${person.user} crashes and comes back`);
    const { disk } = person.device;
    person.device.crash();
    const index = this.people.indexOf(person);
    this.people[index] = await this.#open(person.user, disk);
  }

  #note(what: string, act: () => void): void {
    this.log.push(what);
    act();
  }

  async #noteAsync(what: string, act: () => Promise<void>): Promise<void> {
    this.log.push(what);
    await act();
  }

  /** Ends all faults and waits until everything is at rest. */
  async heal(): Promise<void> {
    this.log.push("heal");
    for (const { user, device } of this.people) {
      device.store.failWith = undefined;
      device.store.loseNextAnswer = false;
      this.rig.gate.limitUser(user, undefined);
      device.wire?.release();
    }
    this.rig.store.loseNextAnswer = false;
    await this.rig.restartServer();
    for (const { device } of this.people) {
      device.workspace.sync.resume();
      device.workspace.sync.retry();
    }
    const rest = (): string => {
      for (const { user, handles } of this.people) {
        for (const { path, state } of handles) {
          if (!state.live || state.saved !== "server" || state.waiting > 0 || state.error) {
            return `${user} ${path} ${JSON.stringify(state)}`;
          }
        }
      }
      for (const [index, path] of PATHS.entries()) {
        const texts = new Set(this.people.map(({ handles }) => textOf(handles[index])));
        if (texts.size !== 1) {
          return this.people
            .map(({ user, handles }) => `${user} ${path}: ${textOf(handles[index])}`)
            .join("\n");
        }
      }
      return "";
    };
    const atRest = (): void => {
      const why = rest();
      if (why) throw new Error(`not at rest: ${why}`);
    };
    await vi.waitFor(atRest, { timeout: 4_000, interval: 10 });
  }

  async check(): Promise<void> {
    const reader = await this.rig.device("reader");
    for (const [index, path] of PATHS.entries()) {
      const fresh = reader.workspace.open(path);
      await fresh.caughtUp();
      const others = textOf(this.people[0]?.handles[index]);
      if (textOf(fresh) !== others) throw new Error(`${path}: ${textOf(fresh)} | ${others}`);
      fresh.close();
    }
    if (this.#erasures > 0) return;
    const quarantined = (
      await Promise.all(this.people.map(({ device }) => device.workspace.quarantine.list()))
    ).flat();
    const kept = quarantined
      .flatMap(({ updates }) => updates.map((update) => Buffer.from(update).toString("latin1")))
      .join("\n");
    for (const [word, path] of this.typed) {
      if (this.#deleted.has(path)) continue;
      const text = textOf(this.people[0]?.handles[PATHS.indexOf(path)]);
      // Words may be torn apart by words typed into them: every character must be there.
      const found = text.includes(word) || kept.includes(word) || isSubsequence(word, text);
      if (!found) throw new Error(`${word}, which was saved, is nowhere: ${text}`);
    }
  }
}

function textOf(handle: DocumentHandle | undefined): string {
  return handle?.doc.getText("body").toString() ?? "";
}

function isSubsequence(word: string, text: string): boolean {
  let at = 0;
  for (const character of text) if (character === word[at]) at++;
  return at === word.length;
}

describe("random histories", () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    it(`seed ${seed}`, async () => {
      const rig = await createRig();
      const dice = createDice(seed);
      const history = new History(rig, dice);
      try {
        await history.start();
        const steps = 20 + dice(60);
        for (let i = 0; i < steps; i++) await history.step();
        await history.heal();
        await history.check();
      } catch (error) {
        console.error(`seed ${seed}:\n${history.log.join("\n")}`);
        throw error;
      } finally {
        await rig.dispose();
      }
    }, 60_000);
  }
});
