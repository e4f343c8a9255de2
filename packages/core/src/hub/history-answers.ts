/**
 * Answers what a peer asks about the history of documents: one question after the other, and only while the peer reads, since a
 * page may be as large as a document. A device asks the hub above, which keeps the history.
 */

import { allows, type Principal } from "../access/access.ts";
import { isDocPath } from "../doc-path.ts";
import { CroftError, toCroftError } from "../errors.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { History, HistoryPage } from "../protocol/history-messages.ts";
import type { DownMessage } from "../protocol/message.ts";
import { type ReadPage, readHistoryPage } from "./history.ts";
import type { HubDocument } from "./hub-document.ts";
import type { HubCore } from "./hub-core.ts";

/** The session of a peer that asks. */
export interface AskingSession {
  readonly principal: Principal;
  readonly hasRoom: boolean;
  send(lane: number, message: DownMessage): void;
  fail(): void;
}

/** Questions of a session that are not answered yet. */
const MAX_ASKED = 64;
/** How often a page is read while it changes underneath: a row that is damaged would never be right. */
const MAX_READS = 100;

/** See the top of this file. */
export class HistoryAnswers {
  readonly #hub: HubCore;
  readonly #session: AskingSession;
  readonly #asked: History[] = [];
  #working = false;
  #closed = false;
  #roomy: () => void = () => undefined;

  constructor(hub: HubCore, session: AskingSession) {
    this.#hub = hub;
    this.#session = session;
  }

  ask(question: History): void {
    if (this.#asked.push(question) > MAX_ASKED)
      throw new ProtocolError("too many questions at once");
    if (this.#working) return;
    this.#working = true;
    this.#hub.run(this.#work(), () => this.#session.fail());
  }

  /** There is room to send again. */
  pump(): void {
    this.#roomy();
  }

  close(): void {
    this.#closed = true;
    this.#asked.length = 0;
    this.#roomy();
  }

  async #work(): Promise<void> {
    for (;;) {
      const [question] = this.#asked;
      if (!question || this.#closed) break;
      if (this.#session.hasRoom) await this.#answer(question);
      else {
        await new Promise<void>((resolve) => {
          this.#roomy = resolve;
        });
        continue;
      }
      this.#asked.shift();
    }
    this.#working = false;
  }

  /** Throws unless the peer may read a document, and is no plugin: none was granted what is not in it any more. */
  #checkRead(document: HubDocument): void {
    const { principal } = this.#session;
    const mayRead = allows(this.#hub.accessOf(principal, document), "read");
    if (!mayRead || principal.plugin !== undefined) throw denied(document.path);
  }

  async #readHere(document: HubDocument, before: number): Promise<ReadPage> {
    const { store, clock, history } = this.#hub;
    for (let attempts = 0; attempts < MAX_READS; attempts++) {
      const { epoch, base } = document.record;
      const read = await readHistoryPage(
        store,
        document.record,
        before,
        clock.now() - history.keep,
      );
      if (this.#hub.neighbours) await this.#hub.readOn(document);
      const now = document.record;
      // A compaction or a deletion came in between, and what was read is of both.
      if (read && now.epoch === epoch && now.base === base) return read;
    }
    const { path } = document;
    throw new CroftError("store/failed", `The history of ${path} cannot be read now.`, {
      path,
      hint: "Ask again.",
    });
  }

  async #answer({ id, path, before, content }: History): Promise<void> {
    try {
      const { page, ...rest } = await this.#read(path, before, content);
      const told = content ? page : withoutContent(page);
      this.#session.send(0, { type: "history-page", id, page: told, ...rest });
    } catch (error) {
      const failure = toCroftError(error, "store/failed", `The history of ${path} cannot be read`);
      const { code, message } = failure;
      this.#session.send(0, { type: "failed", id, code, reason: message.slice(0, 300) });
    }
  }

  async #read(path: string, before: number, content: boolean): Promise<ReadPage> {
    const hub = this.#hub;
    if (!isDocPath(path)) throw denied(path);
    const document = await hub.acquire(path);
    try {
      this.#checkRead(document);
      const read = hub.uplink
        ? await hub.uplink.history({ path, before, content })
        : await this.#readHere(document, before);
      // It took a while.
      this.#checkRead(document);
      return read;
    } finally {
      hub.release(path);
    }
  }
}

function withoutContent({ changes }: HistoryPage): HistoryPage {
  return { base: undefined, changes: changes.map((change) => ({ ...change, updates: [] })) };
}

function denied(path: string): CroftError {
  return new CroftError("access/denied", `There is no permission to read the history of ${path}.`, {
    path,
  });
}
