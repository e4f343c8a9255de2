/** Listens on a wire to a hub and tells of which documents something is sent down, when it is. */

import { decodeDown, decodeUp, type DownMessage, type UpMessage } from "../../protocol/message.ts";
import { completed, createInbox } from "../../session/framing.ts";
import type { WireTap } from "./sim-wire.ts";

/** See the top of this file. */
export class GateTap implements WireTap {
  readonly #onTold: (path: string, tags?: readonly string[]) => void;
  readonly #onMessage: (direction: string, message: UpMessage | DownMessage) => void;
  readonly #paths = new Map<number, string>();
  readonly #up = createInbox();
  readonly #down = createInbox();

  constructor(
    onTold: (path: string, tags?: readonly string[]) => void,
    onMessage: (direction: string, message: UpMessage | DownMessage) => void,
  ) {
    this.#onTold = onTold;
    this.#onMessage = onMessage;
  }

  up(frame: Uint8Array): void {
    let message: UpMessage | undefined;
    try {
      message = decodeUp(frame);
      if (message.type === "fragment") message = completed(this.#up, message, decodeUp);
    } catch {
      // Mallory's; the hub ends the session.
      return;
    }
    if (message) this.#onMessage("▲", message);
    if (message?.type === "open") this.#paths.set(message.doc, message.path);
  }

  down(frame: Uint8Array): void {
    let message: DownMessage | undefined = decodeDown(frame);
    if (message.type === "fragment") message = completed(this.#down, message, decodeDown);
    if (message) this.#onMessage("▼", message);
    switch (message?.type) {
      case "entries":
      case "snapshot": {
        const path = this.#paths.get(message.doc);
        const tags =
          message.type === "snapshot" ? [message.tag] : message.entries.map(({ tag }) => tag);
        if (path !== undefined) this.#onTold(path, tags);
        break;
      }
      case "presence": {
        const path = this.#paths.get(message.doc);
        if (path !== undefined) this.#onTold(path);
        break;
      }
      case "listing":
        for (const { path } of message.documents) this.#onTold(path);
        for (const path of message.gone) this.#onTold(path);
        break;
      case "event":
        this.#onTold(message.topic);
        break;
      case "changed":
        this.#onTold(message.path);
        break;
      default:
    }
  }
}

/** A message on one line, without its bytes. */
export function showMessage({ type, ...rest }: UpMessage | DownMessage): string {
  const fields = JSON.stringify(rest, (_key, value: unknown) =>
    value instanceof Uint8Array ? `${value.length} bytes` : value,
  );
  return `${type} ${fields.replaceAll('"', "")}`;
}
