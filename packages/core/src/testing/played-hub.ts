/** A hub that a test plays, message by message: what it says is what the test wants said. */

import type { Channel, Connect } from "../channel/channel.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { NOTHING_SUBMITTED } from "../hub/hub-document.ts";
import { createTag, type Epoch, randomBytes } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { Numbered, RelayedEntry } from "../protocol/document-messages.ts";
import { decodeUp, type DownMessage, encodeDown, type UpMessage } from "../protocol/message.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";

/** What a played hub has of a document. */
export interface PlayedLog {
  readonly epoch: Epoch;
  /** Those that are given. */
  readonly entries: readonly RelayedEntry[];
  /** Where the log ends; default: with the entries that are given, the first of which is number 1. */
  readonly head?: number;
  /** Whether it is an answer; default: yes. */
  readonly asked?: boolean;
  /** The last submission that it has; default: none. */
  readonly last?: Numbered;
}

/** An entry by somebody else. */
export function playedEntry(update: Uint8Array): RelayedEntry {
  return { tag: createTag(randomBytes), author: "ben", update };
}

/** See the top of this file. */
export class PlayedHub {
  readonly #channels: Channel[] = [];
  readonly #heard: UpMessage[] = [];
  #waiting: (() => void)[] = [];

  /** For whoever is to talk with it. */
  readonly connect: Connect = async () => {
    const [near, far] = createMemoryChannelPair();
    this.#channels.push(far);
    far.onFrame((frame) => {
      this.#heard.push(decodeUp(frame.slice()));
      for (const look of this.#waiting.splice(0)) look();
    });
    return near;
  };

  say(message: DownMessage): void {
    this.#channels.at(-1)?.send(encodeDown(message));
  }

  /** Takes the first message of a type that was not taken yet, or waits for it. */
  async hears<T extends UpMessage["type"]>(type: T): Promise<Extract<UpMessage, { type: T }>> {
    const isWanted = (message: UpMessage): message is Extract<UpMessage, { type: T }> =>
      message.type === type;
    for (;;) {
      const message = this.#heard.find(isWanted);
      if (message) {
        this.#heard.splice(this.#heard.indexOf(message), 1);
        return message;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Welcomes the next session. */
  async greet(user: string): Promise<void> {
    await this.hears("hello");
    const limits = { maxUpdateBytes: 1_000_000, heartbeat: 0, expiresIn: 0 };
    this.say({ type: "welcome", version: PROTOCOL_VERSION, user, plugin: "", ...limits });
  }

  /** Says that a lane is open at the end of a log, and gives the last entries of it. */
  opens(doc: number, log: PlayedLog): void {
    const { epoch, entries, asked = true, head = entries.length, last = NOTHING_SUBMITTED } = log;
    const state = { access: "write", answer: "continue", tombstone: undefined } as const;
    this.say({ type: "opened", doc, asked, ...state, epoch, head, last, lease: undefined });
    if (entries.length > 0) {
      this.say({ type: "entries", doc, first: head - entries.length + 1, entries });
    }
    this.say({ type: "upstream", doc, state: "none", saved: 0, waiting: 0, problem: undefined });
  }

  /** The connection is lost. */
  cut(): void {
    this.ends(CloseCode.lost);
  }

  /** Ends the session. */
  ends(code: CloseCode): void {
    this.#channels.at(-1)?.close(code, "");
  }
}
