/**
 * What a device knows of the workspace without opening documents: the listing of the hub above is kept in the
 * store, and followed. Documents of followed subtrees are fetched in the background, as bytes; those here that
 * are deleted, hidden or lost above are asked for one by one, which settles them; and a storage budget decides
 * what of all this stays.
 */

import * as z from "zod/mini";
import { type DocPath, type DocPattern, isDocPath, matchesPattern } from "../doc-path.ts";
import { toCroftError } from "../errors.ts";
import type { RunId } from "../ids.ts";
import type { Listing, ListingMark } from "../protocol/listing-messages.ts";
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
const AT_ONCE = 8;
/** How long a failed commit of the listing waits before it is asked for again, in milliseconds. */
const RETRY = 2_000;
/** How long it takes until what no longer fits is sorted out, in milliseconds. */
const SORT_OUT = 30_000;

const STANDING = z.object({
  run: z.string(),
  at: z.number(),
  rights: z.string(),
  /** Where this store stood then, in its own changes. */
  here: z.number(),
  /** The run of the hub above for which all that changed here since was asked for. */
  settled: z.string(),
});

interface Standing extends ListingMark {
  readonly here: number;
  readonly settled: string;
}

/** See the top of this file. */
export class Following implements ListingHandler {
  readonly #hub: HubCore;
  readonly #link: Link;
  readonly #keep: KeepOptions;
  #standing: Standing | undefined;
  #asked: AskedListing | undefined;
  /** Counts the times that the listing was asked for; answers to earlier ones are void. */
  #turn = 0;
  /** Something was not stored: what follows is void until it was asked for again. */
  #isVoid = false;
  /** Whether everything was compared since the listing was asked for. */
  #compared = false;
  /** What was told since the hub above began anew. */
  #told: Set<DocPath> | undefined;
  #taking: Promise<void> = Promise.resolve();
  /** To be asked for, most urgent last. */
  #queue: DocPath[] = [];
  readonly #visiting = new Set<DocPath>();
  #cancelRetry: () => void = () => undefined;
  #cancelSorting: (() => void) | undefined;
  #closed = false;

  constructor(link: Link, keep: KeepOptions) {
    this.#hub = link.hub;
    this.#link = link;
    this.#keep = keep;
  }

  async start(): Promise<void> {
    const stored = await this.#hub.store.readMeta(LISTING_META);
    const standing = stored === undefined ? undefined : STANDING.safeParse(JSON.parse(stored)).data;
    this.#standing = standing && { ...standing, run: standing.run as RunId };
    if (!this.#closed) this.#asked = this.#link.session.list("", this);
  }

  after(): ListingMark | undefined {
    this.#turn++;
    this.#isVoid = false;
    this.#compared = false;
    this.#told = undefined;
    this.#queue = [];
    if (!this.#standing) return undefined;
    const { run, at, rights } = this.#standing;
    return { run, at, rights };
  }

  take(listing: Omit<Listing, "id">): void {
    const turn = this.#turn;
    this.#taking = this.#taking.then(async () => {
      if (this.#closed || this.#isVoid || turn !== this.#turn) return;
      try {
        await this.#store(listing);
      } catch (error) {
        this.#failed(error);
      }
    });
    this.#hub.run(this.#taking, () => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#cancelSorting?.();
    this.#asked?.close();
    this.#queue = [];
  }

  /** The session is down: what was to be asked for is found again. */
  down(): void {
    this.#queue = [];
  }

  /** Nothing is lost: what was not stored is told again. */
  #failed(error: unknown): void {
    this.#isVoid = true;
    this.#hub.report(toCroftError(error, "store/failed", "The list of documents was not stored"));
    this.#cancelRetry();
    this.#cancelRetry = this.#hub.clock.delay(RETRY, () => this.#asked?.restart());
  }

  async #store({ fresh, documents, gone, complete, mark }: Omit<Listing, "id">): Promise<void> {
    if (fresh) this.#told = new Set();
    const put = documents.flatMap(({ stored: _stored, path, ...rest }): ListedAbove[] =>
      isDocPath(path) ? [{ path, ...rest }] : [],
    );
    const remove = gone.filter((path) => isDocPath(path));
    for (const { path } of put) this.#told?.add(path);
    const told = complete ? this.#told : undefined;
    if (told) {
      for (const { path } of await this.#hub.store.readListing("")) {
        if (!told.has(path)) remove.push(path);
      }
      this.#told = undefined;
    }
    const before = this.#standing;
    // A hub that was restored may have lost what it acknowledged and had not listed: until that was asked
    // for, it is to be asked for.
    const isSettled = this.#compared && this.#queue.length + this.#visiting.size === 0;
    const { here = 0, settled = "" } = before ?? {};
    const standing = mark && {
      ...mark,
      here: isSettled ? this.#hub.timeline.position : here,
      settled: isSettled ? mark.run : settled,
    };
    const meta = standing ? ([[LISTING_META, JSON.stringify(standing)]] as const) : [];
    await this.#hub.setListing({ remove, put }, meta);
    if (standing) this.#standing = standing;
    if (complete && (told || !this.#compared)) {
      const isOtherRun = mark !== undefined && mark.run !== settled;
      const since = isOtherRun ? here : Number.POSITIVE_INFINITY;
      await this.#compareAll({ since, anew: told !== undefined });
      this.#compared = true;
    } else if (this.#compared) {
      for (const path of [...remove, ...put.map((each) => each.path)]) await this.#consider(path);
    }
    this.#visit();
  }

  /**
   * Compares all that is here with all that is above. What changed here after `since` is asked for; and if
   * the listing was told `anew`, since the rights are others, also what could not be read before.
   */
  async #compareAll({ since, anew }: { since: number; anew: boolean }): Promise<void> {
    const rows = await readWholeCatalog(this.#hub, "");
    const over = await this.#sortOut(rows);
    const asked: DocPath[] = [];
    const fetched: CatalogRow[] = [];
    for (const row of rows) {
      const { path, record } = row;
      const isAbove = record !== undefined && record.head > 0 && record.upstream?.cursor !== undefined;
      const isUnsure = record !== undefined && (record.position > since || (anew && !row.above));
      const wanted = this.#wanted(row);
      if (wanted === "ask" || (isAbove && isUnsure)) asked.push(path);
      else if (wanted === "fetch" && !over.has(path)) fetched.push(row);
    }
    fetched.sort((a, b) => lastUse(a) - lastUse(b));
    this.#queue = [...fetched.map(({ path }) => path), ...asked];
  }

  async #consider(path: DocPath): Promise<void> {
    const row = await readCatalogRow(this.#hub, path);
    const wanted = this.#wanted(row);
    if (!wanted || this.#queue.includes(path)) return;
    this.#queue.push(path);
    if (wanted === "fetch" && this.#keep.budget < Number.POSITIVE_INFINITY) this.#sortOutLater();
  }

  /** What is to be done about a document; to fetch it is up to the budget. */
  #wanted({ path, record, above }: CatalogRow): "ask" | "fetch" | undefined {
    const { cursor, access } = record?.upstream ?? {};
    const here = record !== undefined && record.head > 0;
    if (!above) {
      // Not to be read, deleted, or lost above; without a cursor it never was there.
      const settled = access === "none" && !this.#link.erasesLost;
      return here && cursor && !settled ? "ask" : undefined;
    }
    if (access === "none") return "ask";
    const followed = this.#keep.follow.some((pattern) => matchesPattern(pattern, path));
    if (!here) return followed ? "fetch" : undefined;
    if (!cursor) return undefined;
    if (cursor.epoch !== above.epoch || cursor.seq > above.head) return "ask";
    if (cursor.seq === above.head) return cursor.tag === above.tag ? undefined : "ask";
    return followed ? "fetch" : undefined;
  }

  #visit(): void {
    while (this.#visiting.size < AT_ONCE && !this.#closed) {
      if (this.#link.session.state.name !== "open") return;
      const path = this.#queue.pop();
      if (path === undefined) {
        if (this.#visiting.size === 0) this.#noteSettled();
        return;
      }
      if (this.#visiting.has(path)) continue;
      this.#visiting.add(path);
      const done = (): void => {
        this.#visiting.delete(path);
        this.#visit();
      };
      this.#hub.run(this.#link.visit(path), done, done);
    }
  }

  /** All that this device changed last was asked for at this run of the hub above. */
  #noteSettled(): void {
    const standing = this.#standing;
    if (!this.#compared || !standing || standing.settled === standing.run) return;
    const settled = { ...standing, here: this.#hub.timeline.position, settled: standing.run };
    this.#standing = settled;
    const meta = [[LISTING_META, JSON.stringify(settled)]] as const;
    // It is asked for once more, should this fail.
    this.#hub.run(this.#hub.setMeta(meta), () => undefined);
  }

  /** Drops what is over the budget, longest unused first; returns all that is over it, here or not. */
  async #sortOut(rows: readonly CatalogRow[]): Promise<ReadonlySet<DocPath>> {
    const over = new Set<DocPath>();
    const { budget } = this.#keep;
    if (budget === Number.POSITIVE_INFINITY) return over;
    let bytes = 0;
    for (const row of rows.toSorted((a, b) => lastUse(b) - lastUse(a))) {
      const here = row.record !== undefined && row.record.head > 0;
      if (!here && this.#wanted(row) !== "fetch") continue;
      const size = here ? sizeOf(row.record) : (row.above?.bytes ?? 0);
      if (bytes + size <= budget || (here && !(await this.#link.drop(row.path)))) bytes += size;
      else over.add(row.path);
    }
    return over;
  }

  #sortOutLater(): void {
    this.#cancelSorting ??= this.#hub.clock.delay(SORT_OUT, () => {
      this.#cancelSorting = undefined;
      const sorting = readWholeCatalog(this.#hub, "").then(async (rows) => {
        await this.#sortOut(rows);
      });
      this.#hub.run(sorting, () => undefined);
    });
  }
}

function sizeOf({ logBytes, snapshotBytes }: DocumentRecord): number {
  return logBytes + snapshotBytes;
}

/** When a document last changed, for whoever works with it: when it came here does not matter. */
function lastUse({ record, above }: CatalogRow): number {
  return Math.max(above?.changedAt ?? record?.changedAt ?? 0, record?.upstream?.usedAt ?? 0);
}
