/**
 * A listing that a peer asked for, at the hub's end: first everything, or what changed since the peer's mark,
 * then what changes. Everything is read from the store when there is room to send it, under the access of
 * that moment, and a document that changes often is told of now and then: what is kept for a peer that does
 * not read are paths. What is sent, and when, depends on nothing but what the peer may read.
 */

import type { Principal } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import { textHash } from "../hash.ts";
import type { DownMessage } from "../protocol/message.ts";
import { type List, type ListedDocument, type ListingMark } from "../protocol/listing-messages.ts";
import { type CatalogRow, describe, readCatalog, readCatalogRow } from "./catalog.ts";
import type { HubCore } from "./hub-core.ts";

/** The session of a listing. */
export interface ListingSession {
  readonly principal: Principal;
  readonly hasRoom: boolean;
  send(lane: number, message: DownMessage): void;
  fail(): void;
}

/** Rows read at a time, and documents told in one message. */
const PAGE = 256;
/** Shortest time between two messages about changes, in milliseconds. */
const PAUSE = 250;

/** See the top of this file. */
export class HubListing {
  readonly #hub: HubCore;
  readonly #session: ListingSession;
  readonly #asked: List;
  /** Changed since it was told. */
  #changed = new Set<DocPath>();
  /** What the peer may read, as far as the gate tells; another text, and everything is told anew. */
  #rights: string;
  /** On a device: what the peer knows of. At a server all that may be read is, until rights change. */
  readonly #told = new Set<DocPath>();
  /** Up to where all changes were told. */
  #at = 0;
  /** The newest position that was told. */
  #seen = 0;
  /** Read, and not sent yet. */
  #documents: ListedDocument[] = [];
  #gone: DocPath[] = [];
  /** Whether the next message begins everything anew. */
  #fresh = false;
  #stage: "start" | "anew" | "live" = "start";
  #working = false;
  #resting = false;
  #closed = false;
  readonly #ended: () => void;
  #toldAt = 0;
  #cancelRest: () => void = () => undefined;
  #roomy: () => void = () => undefined;
  readonly #stops: readonly (() => void)[];

  /** `ended` is called once nothing more is done for it. */
  constructor(hub: HubCore, session: ListingSession, asked: List, ended: () => void) {
    this.#ended = ended;
    this.#hub = hub;
    this.#session = session;
    this.#asked = asked;
    this.#rights = this.#rightsNow();
    this.#stops = [
      hub.touches.on((paths) => this.#touch(paths)),
      hub.gate.onChange(() => this.recheck()),
    ];
    this.#work();
  }

  /** There is room to send again. */
  pump(): void {
    this.#roomy();
  }

  /** Access may have changed. */
  recheck(): void {
    const rights = this.#rightsNow();
    if (rights === this.#rights && this.#hub.gate.rights) return;
    this.#rights = rights;
    this.#stage = "anew";
    this.#work();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#working) this.#ended();
    this.#cancelRest();
    for (const stop of this.#stops) stop();
    this.#roomy();
  }

  #rightsNow(): string {
    return this.#hub.gate.rights?.(this.#session.principal) ?? "";
  }

  #touch(paths: readonly DocPath[]): void {
    const { principal } = this.#session;
    for (const path of paths) {
      if (!path.startsWith(this.#asked.prefix)) continue;
      const at = { path, record: this.#hub.recordOf(path) };
      const isHidden = this.#hub.accessOf(principal, at) === "none";
      if (!isHidden || this.#told.has(path)) this.#changed.add(path);
    }
    if (this.#changed.size > 0) this.#work();
  }

  #work(): void {
    if (this.#working || this.#closed) return;
    if (this.#stage === "live") {
      if (this.#changed.size === 0 || this.#resting) return;
      const rest = this.#toldAt + PAUSE - this.#hub.clock.now();
      if (rest > 0 && rest <= PAUSE) {
        this.#rest(rest);
        return;
      }
    }
    this.#working = true;
    this.#hub.run(
      this.#tell().finally(() => {
        this.#working = false;
        if (this.#closed) this.#ended();
      }),
      () => this.#session.fail(),
      () => this.#work(),
    );
  }

  #rest(ms: number): void {
    this.#resting = true;
    this.#cancelRest = this.#hub.clock.delay(ms, () => {
      this.#resting = false;
      this.#work();
    });
  }

  async #tell(): Promise<void> {
    const stage = this.#stage;
    this.#stage = "live";
    if (stage === "start") {
      const { after } = this.#asked;
      if (after && this.#holds(after)) await this.#tellSince(after);
      else await this.#tellAll();
    } else if (stage === "anew") await this.#tellAll();
    else await this.#tellChanged();
    this.#toldAt = this.#hub.clock.now();
  }

  /** Whether the peer knows everything up to its mark that it may know now. */
  #holds({ run, seen, rights }: ListingMark): boolean {
    const { gate, neighbours, timeline, uplink } = this.#hub;
    // The positions of several hubs are in no order that a peer could go on from.
    if (uplink || neighbours || !gate.rights || rights !== textHash(this.#rights)) return false;
    return timeline.holds(run, seen);
  }

  async #tellAll(): Promise<void> {
    this.#changed.clear();
    this.#told.clear();
    this.#at = 0;
    this.#seen = 0;
    this.#begin(true);
    const until = this.#hub.timeline.position;
    let after: DocPath | undefined;
    do {
      if (!(await this.#room())) return;
      const { rows, next } = await readCatalog(this.#hub, this.#asked.prefix, after, PAGE);
      if (!this.#hub.isUpToDate) await this.#hub.upToDate();
      this.#collect(rows, until);
      // The peer knows of nothing that could be gone.
      this.#gone = [];
      after = next;
      if (!(await this.#sendFull())) return;
    } while (after !== undefined);
    await this.#complete();
  }

  async #tellSince({ at, seen }: ListingMark): Promise<void> {
    this.#at = at;
    this.#seen = seen;
    this.#begin(false);
    const until = this.#hub.timeline.position;
    let after = at;
    for (;;) {
      if (!(await this.#room())) return;
      const records = await this.#hub.store.listChanges(after, PAGE);
      if (!this.#hub.isUpToDate) await this.#hub.upToDate();
      const rows = records
        .filter(({ path }) => path.startsWith(this.#asked.prefix))
        .map((record) => ({ path: record.path, record, above: undefined }));
      this.#collect(rows, until);
      if (!(await this.#sendFull())) return;
      if (records.length < PAGE) break;
      after = records.at(-1)?.position ?? after;
    }
    await this.#complete();
  }

  async #tellChanged(): Promise<void> {
    const paths = [...this.#changed];
    this.#changed.clear();
    this.#begin(false);
    const until = this.#hub.timeline.position;
    for (let from = 0; from < paths.length; from += PAGE) {
      if (!(await this.#room())) return;
      const rows: CatalogRow[] = [];
      for (const path of paths.slice(from, from + PAGE)) {
        rows.push(await readCatalogRow(this.#hub, path));
      }
      if (!this.#hub.isUpToDate) await this.#hub.upToDate();
      this.#collect(rows, until);
      if (!(await this.#sendFull())) return;
    }
    if (this.#documents.length + this.#gone.length > 0) await this.#complete();
  }

  #begin(fresh: boolean): void {
    this.#documents = [];
    this.#gone = [];
    this.#fresh = fresh;
  }

  /** Waits for room; returns whether to go on: not when everything is to be told anew. */
  async #room(): Promise<boolean> {
    while (!this.#isOver && !this.#session.hasRoom) {
      await new Promise<void>((resolve) => {
        this.#roomy = resolve;
      });
    }
    return !this.#isOver;
  }

  /** Whether what is being told is not wanted any more, or was read under other rights. */
  get #isOver(): boolean {
    return this.#closed || this.#stage === "anew";
  }

  /** Sends what fills messages; returns whether to go on. */
  async #sendFull(): Promise<boolean> {
    while (this.#documents.length >= PAGE || this.#gone.length >= PAGE) {
      if (!(await this.#room())) return false;
      this.#send(false, undefined);
    }
    return !this.#isOver;
  }

  /** Sends the rest, and up to where everything was told. */
  async #complete(): Promise<void> {
    if (!(await this.#room())) return;
    const marks = await this.#saveRun();
    if (!this.#isOver) this.#send(true, marks ? this.#mark() : undefined);
  }

  #send(complete: boolean, mark: ListingMark | undefined): void {
    this.#session.send(0, {
      type: "listing",
      id: this.#asked.id,
      fresh: this.#fresh,
      documents: this.#documents.splice(0, PAGE),
      gone: this.#gone.splice(0, PAGE),
      complete,
      mark,
    });
    this.#fresh = false;
  }

  /** Takes rows for what the peer may know of them; all changes up to position `until` are in these, or were told. */
  #collect(rows: readonly CatalogRow[], until: number): void {
    const { principal } = this.#session;
    for (const row of rows) {
      const { path, record } = row;
      // What it may not read is as if it were not there.
      if (this.#hub.accessOf(principal, { path, record }) === "none") {
        if (this.#told.delete(path)) this.#gone.push(path);
        continue;
      }
      const document = describe(this.#hub, principal, row);
      if (document) this.#documents.push(document);
      else this.#gone.push(path);
      if (this.#hub.uplink) this.#told.add(path);
      if (!record) continue;
      this.#seen = Math.max(this.#seen, record.position);
      // A later change of another document may not have been read yet.
      if (record.position <= until) this.#at = Math.max(this.#at, record.position);
    }
  }

  #mark(): ListingMark {
    const { timeline } = this.#hub;
    return { run: timeline.run, at: this.#at, seen: this.#seen, rights: textHash(this.#rights) };
  }

  /** Whether marks can be told: only when a later run will know of this one. */
  async #saveRun(): Promise<boolean> {
    const { gate, neighbours, timeline, uplink } = this.#hub;
    if (uplink || neighbours || !gate.rights) return false;
    if (timeline.unsaved.length === 0) return true;
    try {
      await this.#hub.setMeta(timeline.unsaved);
    } catch {
      // Without a mark the peer is told everything when it comes back, which is not worth a session.
      return false;
    }
    timeline.saved();
    return true;
  }
}
