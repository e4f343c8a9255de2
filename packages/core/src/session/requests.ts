/** What a peer has asked its hub to do, until it is answered. */

import { CroftError, type ErrorCode } from "../errors.ts";
import type { UpMessage } from "../protocol/message.ts";
import type { Delete, Done, Failed, Undelete } from "../protocol/request-messages.ts";

/** What a hub can be asked besides editing. */
export type HubRequest =
  | ({ readonly type: "delete" } & Omit<Delete, "id">)
  | ({ readonly type: "undelete" } & Omit<Undelete, "id">);

interface Waiting {
  readonly path: string;
  readonly resolve: (count: number) => void;
  readonly reject: (error: CroftError) => void;
}

/** All requests of a session that are not answered. */
export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /**
   * Asks; resolves with the number of documents that it concerned.
   *
   * @throws CroftError what the hub answers, or `link/offline` after {@link Requests.lost}.
   */
  ask(asked: HubRequest, send: (message: UpMessage) => void): Promise<number> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { path: asked.path, resolve, reject });
      send({ ...asked, id });
    });
  }

  done({ id, count }: Done): void {
    this.#take(id)?.resolve(count);
  }

  failed({ id, code, reason }: Failed): void {
    const waiting = this.#take(id);
    // The hub's codes are croft's; one of a later version is passed on as it is.
    waiting?.reject(new CroftError(code as ErrorCode, reason, { path: waiting.path }));
  }

  /** The session is down: nobody knows what was done. */
  lost(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { path, reject } of all) reject(offline(path));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

/** The hub is needed and is not there. */
export function offline(path: string): CroftError {
  return new CroftError("link/offline", `The server is needed to delete or bring back ${path}.`, {
    path,
    hint: "Try again when you are online.",
  });
}
