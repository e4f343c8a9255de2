/** What a peer has asked its hub to do, until it is answered. */

import { CroftError, type ErrorCode } from "../errors.ts";
import type { History, HistoryAnswer } from "../protocol/history-messages.ts";
import type { UpMessage } from "../protocol/message.ts";
import type { Delete, Done, Failed, Undelete } from "../protocol/request-messages.ts";

/** What a hub can be asked besides editing. */
export type HubRequest =
  | ({ readonly type: "delete" } & Omit<Delete, "id">)
  | ({ readonly type: "undelete" } & Omit<Undelete, "id">);

interface Waiting {
  readonly path: string;
  /** What the hub is needed for. */
  readonly purpose: string;
  readonly done?: (count: number) => void;
  readonly told?: (answer: HistoryAnswer) => void;
  readonly reject: (error: CroftError) => void;
}

/** What a hub is needed for. */
export const DELETING = "delete or bring back";
/** What a hub is needed for. */
export const TELLING = "tell the history of";

/** A question about the history that was not sent yet. */
interface Question {
  readonly asked: Omit<History, "id">;
  readonly send: (message: UpMessage) => void;
  readonly told: (answer: HistoryAnswer) => void;
  readonly reject: (error: CroftError) => void;
}

/** Questions about the history that are with the hub at once. */
const QUESTIONS_AT_ONCE = 8;

/** All requests of a session that are not answered. */
export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  readonly #questions: Question[] = [];
  #underWay = 0;
  #last = 0;

  /**
   * Asks; resolves with the number of documents that it concerned.
   *
   * @throws CroftError what the hub answers, or `link/offline` after {@link Requests.lost}.
   */
  ask(asked: HubRequest, send: (message: UpMessage) => void): Promise<number> {
    const id = ++this.#last;
    return new Promise((done, reject) => {
      this.#waiting.set(id, { path: asked.path, purpose: DELETING, done, reject });
      send({ ...asked, id });
    });
  }

  /**
   * Asks for a page of the history.
   *
   * @throws CroftError as {@link Requests.ask}.
   */
  askHistory(
    asked: Omit<History, "id">,
    send: (message: UpMessage) => void,
  ): Promise<HistoryAnswer> {
    return new Promise((told, reject) => {
      this.#questions.push({ asked, send, told, reject });
      this.#askNext();
    });
  }

  /** A hub answers them one after the other, and takes a crowd of them for an attack. */
  #askNext(): void {
    while (this.#underWay < QUESTIONS_AT_ONCE) {
      const question = this.#questions.shift();
      if (!question) return;
      const { asked, send, told, reject } = question;
      const id = ++this.#last;
      this.#underWay++;
      const ended = (): void => {
        this.#underWay--;
        this.#askNext();
      };
      this.#waiting.set(id, {
        path: asked.path,
        purpose: TELLING,
        told(answer) {
          told(answer);
          ended();
        },
        reject(error) {
          reject(error);
          ended();
        },
      });
      send({ type: "history", ...asked, id });
    }
  }

  done({ id, count }: Done): void {
    this.#take(id)?.done?.(count);
  }

  history(answer: HistoryAnswer): void {
    this.#take(answer.id)?.told?.(answer);
  }

  failed({ id, code, reason }: Failed): void {
    const waiting = this.#take(id);
    // The hub's codes are croft's; one of a later version is passed on as it is.
    waiting?.reject(new CroftError(code as ErrorCode, reason, { path: waiting.path }));
  }

  /** The session is down: nobody knows what was done. */
  lost(): void {
    for (const { asked, reject } of this.#questions.splice(0)) reject(offline(asked.path, TELLING));
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { path, purpose, reject } of all) reject(offline(path, purpose));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

/** The hub is needed and is not there. */
export function offline(path: string, purpose: string): CroftError {
  return new CroftError("link/offline", `The server is needed to ${purpose} ${path}.`, {
    path,
    hint: "Try again when you are online.",
  });
}
