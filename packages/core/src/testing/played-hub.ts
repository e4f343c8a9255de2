/** A hub that a test plays, message by message: what it says is what the test wants said. */

import type { Channel, Connect } from "../channel/channel.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { decodeUp, type DownMessage, encodeDown, type UpMessage } from "../protocol/message.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";

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

  /** The connection is lost. */
  cut(): void {
    this.#channels.at(-1)?.close(CloseCode.lost, "");
  }
}
