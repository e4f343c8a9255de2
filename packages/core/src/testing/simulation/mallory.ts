/**
 * A member who means harm: sends what honest code never would, under a user of its own that may read
 * everything and write in one place. What is sent there must harm nobody elsewhere.
 */

import * as Y from "yjs";
import { createTag, createWriterId, type Epoch, type WriterId } from "../../ids.ts";
import type { Event } from "../../protocol/event-messages.ts";
import { encodeUp, type UpMessage } from "../../protocol/message.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { generateUpdate, mutateUpdate } from "../hostile-updates.ts";
import { type Dice, pick } from "../random-edits.ts";
import { RawPeer } from "../raw-peer.ts";
import { grants } from "../rig.ts";
import { isOnDisk } from "./ledger.ts";
import type { SimProcess } from "./sim-process.ts";
import { PATHS } from "./profile.ts";
import type { World } from "./world.ts";

const USER = "mallory";
/** All that her events carry. */
const MARK = 123;

/** Whether an event is hers and says that it is somebody else's. */
export function isForged({ data, author }: Pick<Event, "data" | "author">): boolean {
  return data.length === 1 && data[0] === MARK && author !== USER;
}

/** See the top of this file. */
export class Mallory {
  readonly #world: World;
  readonly #dice: Dice;
  readonly #process: SimProcess;
  #peer: RawPeer | undefined;
  #writer: WriterId;
  #n = 0;

  constructor(world: World, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
    this.#process = world.newProcess();
    this.#writer = createWriterId(this.#process.random);
    world.server.limit(USER, grants("**:read", "mallory/**:write"));
  }

  /** Does one thing. */
  act(a: number, b: number): void {
    if (!this.#peer || this.#peer.close) {
      this.#world.note("mallory connects");
      void this.#connect(b % 5 === 0);
      return;
    }
    const what = pickBy(a, [
      "submit",
      "foreign",
      "garbage",
      "reopen",
      "presence",
      "number",
      "flood",
    ]);
    this.#world.note(`mallory: ${what}`);
    switch (what) {
      case "submit":
        this.#submit(b, this.#hostile());
        break;
      case "foreign":
        this.#submit(b, this.#stolen());
        break;
      case "garbage":
        this.#peer.channel.send(Uint8Array.from({ length: 1 + (b % 40) }, () => this.#dice(256)));
        break;
      case "reopen":
        this.#send({ type: "open", doc: 1 + (b % 4), path: this.#path(b), cursor: this.#cursor() });
        break;
      case "presence":
        this.#send({
          type: "presence",
          doc: 1 + (b % 4),
          id: b,
          clock: a,
          author: "user-0",
          state: new Uint8Array([123, 125]),
        });
        // Forged and hostile, on topics that are not hers, too.
        this.#send({ type: "listen", on: b % 3 !== 0 });
        this.#send({
          type: "event",
          topic: this.#path(b),
          author: "user-0/notes",
          data: new Uint8Array([MARK]),
        });
        break;
      case "number":
        this.#n += (b % 3) - 1;
        this.#submit(b, this.#hostile());
        break;
      default:
        for (let i = 0; i < 200; i++) this.#send({ type: "ping", id: i });
    }
  }

  /** Goes away; what it could not write must be nowhere. */
  leave(): void {
    this.#peer?.channel.close(1000, "");
    this.#peer = undefined;
    for (const path of PATHS) {
      if (isOnDisk(this.#world.server.disk, path, "v666."))
        this.#world.fail(`[4] mallory wrote into ${path}`);
    }
  }

  async #connect(asAnother: boolean): Promise<void> {
    const writers = [...this.#world.server.disk.bindings.keys()];
    if (asAnother && writers.length > 0) this.#writer = pick(this.#dice, writers);
    else this.#writer = createWriterId(this.#process.random);
    this.#n = 1;
    try {
      this.#peer = new RawPeer(await this.#world.server.connect(this.#process, USER));
    } catch {
      return; // The server is away.
    }
    const writer = this.#writer;
    const hello = {
      version: PROTOCOL_VERSION,
      workspace: "w",
      term: this.#dice(3),
      attempt: this.#dice(3),
      agent: "m",
    };
    this.#send({ type: "hello", ...hello, writer, token: `${USER} ` });
    for (const [index, path] of [...PATHS, "mallory/pit"].entries()) {
      this.#process.later(500, () => {
        this.#send({ type: "open", doc: index + 1, path, cursor: undefined });
      });
    }
  }

  #send(message: UpMessage): void {
    this.#peer?.channel.send(encodeUp(message));
  }

  #submit(b: number, update: Uint8Array): void {
    const updates = [{ tag: createTag(this.#process.random), update }];
    const basis = [...this.#world.server.disk.documents.values()][b % 4]?.record.epoch;
    this.#send({ type: "submit", doc: 1 + (b % 4), basis, plugin: "app", first: this.#n, updates });
    if (b % 2 === 0) this.#n++;
  }

  #hostile(): Uint8Array {
    if (this.#dice(2) === 0) return generateUpdate(this.#dice, [1, 2, 3], new Map());
    return mutateUpdate(this.#dice, [this.#stolen(), this.#own()]);
  }

  /** An update that somebody else made. */
  #stolen(): Uint8Array {
    const entries = [...this.#world.server.disk.documents.values()].flatMap(({ entries: all }) => [
      ...all.values(),
    ]);
    return entries.length > 0 ? pick(this.#dice, entries).update : this.#own();
  }

  #own(): Uint8Array {
    const doc = new Y.Doc();
    doc.clientID = 1 + this.#dice(2 ** 31);
    doc.getArray("list").push(["v666."]);
    return Y.encodeStateAsUpdate(doc);
  }

  #path(b: number): string {
    return pickBy(b, [...PATHS, "mallory/pit", "app/users/user-0/x", "mallory/other", "../x"]);
  }

  #cursor() {
    if (this.#dice(2) === 0) return undefined;
    const epoch = "00112233445566ff" as Epoch;
    return { epoch, seq: this.#dice(1000), tag: createTag(this.#process.random) };
  }
}

function pickBy<T>(number: number, items: readonly T[]): T {
  return items[number % items.length] as T;
}
