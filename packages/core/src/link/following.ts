/**
 * What a device knows of the workspace without opening documents: the listing of the hub above is kept in the
 * store, and followed. Documents of followed subtrees are fetched in the background, as bytes; those here that
 * are deleted, hidden or lost above are asked for one by one, which settles them; and a storage budget decides
 * what of all this stays.
 */

import * as z from "zod/mini";
import { type DocPath, type DocPattern, isDocPath, matchesPattern } from "../doc-path.ts";
import type { RunId } from "../ids.ts";
import type { Listing, ListingMark } from "../protocol/listing-messages.ts";
import { backOff, type BackOffOptions } from "../session/back-off.ts";
import { readStoredJson } from "../stored-json.ts";
import type { AskedListing, ListingHandler } from "../session/listings.ts";
import type { DocumentRecord, ListedAbove } from "../store/store.ts";
import { type CatalogRow, readCatalogRow, readWholeCatalog } from "../hub/catalog.ts";
import type { HubCore } from "../hub/hub-core.ts";
import type { Link } from "./link.ts";

/** What a device keeps, besides what was opened on it. */
export interface KeepOptions {
  /** Documents that are fetched in the background, and so are there without a network. */
  readonly follow: readonly DocPattern[];
  /** About how many bytes of documents may be on this device. */
  readonly budget: number;
}

/** The name under which a store keeps where its listing stands. */
const LISTING_META = "listing";
/** Documents that are asked for at once. */
const AT_ONCE = 32;
/** After what a listing that could not be stored, or a document that could not be read, is asked for again. */
const RETRY: BackOffOptions = { first: 2_000, max: 60_000 };
/** How long after a change is planned what is fetched and dropped within a budget, in milliseconds. */
const PLAN_AFTER = 10_000;

const MARK = z.object({ run: z.string(), at: z.number(), seen: z.number(), rights: z.string() });

/** What a listing changes. */
interface Coming {
  readonly put: Map<DocPath, ListedAbove>;
  readonly remove: Set<DocPath>;
  /** Whether it is all that there is. */
  readonly isAll: boolean;
}

function nothing(): Coming {
  return { put: new Map(), remove: new Set(), isAll: false };
}

/** See the top of this file. */
export class Following implements ListingHandler {
  readonly #hub: HubCore;
  readonly #link: Link;
  readonly #keep: KeepOptions;
  #mark: ListingMark | undefined;
  #asked: AskedListing | undefined;
  /** Counts the times that the listing was asked for; answers to earlier ones are void. */
  #turn = 0;
  /** Something was not stored: what follows is void until it was asked for again. */
  #isVoid = false;
  #isStoring = false;
  /** Whether everything was compared since the listing was asked for. */
  #compared = false;
  /** What was told since everything was complete. */
  #coming = nothing();
  #taking: Promise<void> = Promise.resolve();
  /** To be asked for, most urgent last. */
  #queue: DocPath[] = [];
  readonly #visiting = new Set<DocPath>();
  readonly #again = new Set<DocPath>();
  /** Could not be read, are not listed, and may be deleted by now: what became of them only asking tells. */
  readonly #unsettled = new Set<DocPath>();
  /** Whether all that could not be read was asked for once, since this device started: it may have stopped before. */
  #hasAskedForHidden = false;
  /** Counts how often the session went down. */
  #downs = 0;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelPlan: (() => void) | undefined;
  readonly #stop: () => void;
  #closed = false;

  constructor(link: Link, keep: KeepOptions) {
    this.#hub = link.hub;
    this.#link = link;
    this.#keep = keep;
    this.#stop = link.hub.touches.on(() => this.#planLater());
  }

  async start(): Promise<void> {
    this.#mark = await this.#readMark();
    if (!this.#closed) this.#asked = this.#link.session.list("", this);
  }

  async #readMark(): Promise<ListingMark | undefined> {
    const mark = readStoredJson(await this.#hub.store.readMeta(LISTING_META), MARK);
    return mark && { ...mark, run: mark.run as RunId };
  }

  after(): ListingMark | undefined {
    this.#turn++;
    this.#isVoid = false;
    this.#compared = false;
    this.#coming = nothing();
    this.#queue = [];
    // What is being stored moves the mark, and the answer to this question follows from it.
    return this.#isStoring ? undefined : this.#mark;
  }

  take(listing: Omit<Listing, "id">): void {
    const turn = this.#turn;
    this.#taking = this.#taking.then(async () => {
      if (this.#isVoid || this.#isOver(turn)) return;
      try {
        await this.#store(listing, turn);
      } catch (error) {
        // Nothing is lost: what was not stored is told again. Or it was stored, and the answer was lost
        // (SYNC rule 16): where the listing stands only the store knows.
        this.#isVoid = true;
        this.#mark = undefined;
        this.#askAgain();
        throw error;
      }
    });
    this.#hub.run(this.#taking, () => undefined);
    this.#taking = this.#taking.catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#cancelPlan?.();
    this.#stop();
    this.#asked?.close();
    this.#queue = [];
  }

  /** The session is down: what was to be asked for is found again. */
  down(): void {
    this.#queue = [];
    this.#failures = 0;
    this.#downs++;
  }

  #askAgain(): void {
    if (this.#closed || this.#cancelRetry) return;
    const wait = backOff(++this.#failures, this.#hub.random, RETRY);
    this.#cancelRetry = this.#hub.clock.delay(wait, () => {
      this.#cancelRetry = undefined;
      const turn = this.#turn;
      const restart = (): void => this.#asked?.restart();
      const reading = this.#readMark().then((mark) => {
        if (!this.#isOver(turn)) this.#mark = mark;
      });
      this.#hub.run(reading, restart, restart);
    });
  }

  /** Whether the listing was asked for again since, or is not wanted any more. */
  #isOver(turn: number): boolean {
    return this.#closed || turn !== this.#turn;
  }

  async #store(
    { fresh, documents, gone, complete, mark }: Omit<Listing, "id">,
    turn: number,
  ): Promise<void> {
    if (fresh) this.#coming = { put: new Map(), remove: new Set(), isAll: true };
    const coming = this.#coming;
    for (const { stored: _stored, path, ...rest } of documents) {
      if (!isDocPath(path)) continue;
      coming.put.set(path, { path, ...rest });
      coming.remove.delete(path);
    }
    for (const path of gone) {
      if (!isDocPath(path)) continue;
      coming.put.delete(path);
      coming.remove.add(path);
    }
    if (!complete) return;
    this.#coming = nothing();
    const { put, remove, isAll } = coming;
    if (isAll) {
      for (const { path } of await this.#hub.store.readListing("")) {
        if (!put.has(path)) remove.add(path);
      }
      if (this.#isOver(turn)) return;
    }
    for (const path of remove) {
      const { above, record } = await readCatalogRow(this.#hub, path);
      if (above && record?.upstream?.access === "none") this.#unsettled.add(path);
    }
    if (this.#isOver(turn)) return;
    // In one transaction, and all that a mark stands for: what is here beyond what is listed was never
    // listed, and is asked for. Without a mark everything is told when the session comes up next.
    const meta = [[LISTING_META, mark && JSON.stringify(mark)]] as const;
    this.#isStoring = true;
    try {
      await this.#hub.setListing({ remove: [...remove], put: [...put.values()] }, meta);
      this.#mark = mark;
      this.#failures = 0;
    } finally {
      this.#isStoring = false;
    }
    if (this.#isOver(turn)) return;
    if (isAll || !this.#compared) {
      const found = await this.#plan(isAll || !this.#hasAskedForHidden);
      if (this.#isOver(turn)) return;
      this.#hasAskedForHidden = true;
      this.#queue = found;
      this.#compared = true;
    } else {
      for (const path of [...remove, ...put.keys()]) {
        const wanted = this.#wanted(await readCatalogRow(this.#hub, path));
        if (this.#isOver(turn)) return;
        if (wanted === "ask" || (wanted === "fetch" && !this.#isLimited)) this.#queue.push(path);
      }
    }
    this.#visit();
  }

  get #isLimited(): boolean {
    return this.#keep.budget < Number.POSITIVE_INFINITY;
  }

  /**
   * Compares all that is here with all that is above, drops what is over the budget, and returns what is to
   * be asked for, most urgent last. `anew`, that is also what could not be read before: the rights may be
   * others.
   */
  async #plan(anew: boolean): Promise<DocPath[]> {
    const rows = await readWholeCatalog(this.#hub, "");
    const over = await this.#sortOut(rows);
    const asked: DocPath[] = [];
    const fetched: CatalogRow[] = [];
    for (const row of rows) {
      const { path } = row;
      const isHidden = !row.above && row.record?.upstream?.access === "none";
      if (anew && isHidden) this.#unsettled.add(path);
      const wanted = this.#wanted(row);
      if (wanted === "ask") asked.push(path);
      else if (wanted === "fetch" && !over.has(path)) fetched.push(row);
    }
    fetched.sort((a, b) => lastUse(a) - lastUse(b));
    return [...fetched.map(({ path }) => path), ...asked];
  }

  /** What is to be done about a document; to fetch it is up to the budget. */
  #wanted({ path, record, above }: CatalogRow): "ask" | "fetch" | undefined {
    const { cursor, access } = record?.upstream ?? {};
    if (!above) {
      // Not to be read, deleted, or lost above; without a cursor it never was there.
      const isSettled = access === "none" && !this.#unsettled.has(path);
      const isKnown = isSettled && !this.#link.erasesLost;
      return cursor && !isKnown ? "ask" : undefined;
    }
    if (access === "none") return "ask";
    const followed = this.#keep.follow.some((pattern) => matchesPattern(pattern, path));
    if (!cursor) return followed ? "fetch" : undefined;
    if (cursor.epoch !== above.epoch || cursor.seq > above.head) return "ask";
    if (cursor.seq === above.head) return cursor.tag === above.tag ? undefined : "ask";
    return followed ? "fetch" : undefined;
  }

  #visit(): void {
    while (this.#visiting.size < AT_ONCE && !this.#closed) {
      if (this.#link.session.state.name !== "open") return;
      const path = this.#queue.pop();
      if (path === undefined) return;
      if (this.#visiting.has(path)) {
        this.#again.add(path);
        continue;
      }
      this.#visiting.add(path);
      const downs = this.#downs;
      const ended = (): void => {
        this.#visiting.delete(path);
        // It changed once more, maybe after it had come.
        if (this.#again.delete(path)) this.#queue.push(path);
        this.#visit();
      };
      const failed = (): void => {
        ended();
        this.#askAgain();
      };
      this.#hub.run(this.#link.visit(path), failed, () => {
        // A visit ends when the session goes down, too, and then nothing was told.
        if (downs === this.#downs) this.#unsettled.delete(path);
        ended();
      });
    }
  }

  /** Drops what is over the budget, longest unused first; returns all that is over it, here or not. */
  async #sortOut(rows: readonly CatalogRow[]): Promise<ReadonlySet<DocPath>> {
    const over = new Set<DocPath>();
    if (!this.#isLimited) return over;
    let bytes = 0;
    for (const row of rows.toSorted((a, b) => lastUse(b) - lastUse(a))) {
      const here = row.record !== undefined && row.record.head > 0;
      if (!here && this.#wanted(row) !== "fetch") continue;
      const size = Math.max(here ? sizeOf(row.record) : 0, row.above?.bytes ?? 0);
      const fits = bytes + size <= this.#keep.budget;
      if (!fits && (!here || (isFetchable(row) && (await this.#link.drop(row.record))))) {
        over.add(row.path);
      } else bytes += size;
    }
    return over;
  }

  /** Something came or grew: it may be more than there is room for, or something else has room now. */
  #planLater(): void {
    if (this.#closed || !this.#isLimited) return;
    this.#cancelPlan ??= this.#hub.clock.delay(PLAN_AFTER, () => {
      this.#cancelPlan = undefined;
      const turn = this.#turn;
      // Only what is known to be above may go.
      if (!this.#compared || this.#link.session.state.name !== "open") return;
      const planning = this.#plan(false).then((found) => {
        if (this.#isOver(turn)) return;
        this.#queue = found;
        this.#visit();
      });
      this.#hub.run(planning, () => undefined);
    });
  }
}

/** Whether the hub above has all that is here of a document, and gives it: what it has lost only this device has. */
function isFetchable({ record, above }: CatalogRow): boolean {
  const { cursor, access } = record?.upstream ?? {};
  if (!above || !cursor || access === "none" || cursor.epoch !== above.epoch) return false;
  return cursor.seq < above.head || (cursor.seq === above.head && cursor.tag === above.tag);
}

function sizeOf({ logBytes, snapshotBytes }: DocumentRecord): number {
  return logBytes + snapshotBytes;
}

/** When a document last changed, for whoever works with it: when it came here does not matter. */
function lastUse({ record, above }: CatalogRow): number {
  return Math.max(above?.changedAt ?? record?.changedAt ?? 0, record?.upstream?.usedAt ?? 0);
}
