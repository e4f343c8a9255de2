/**
 * Where a workspace's membership is kept: as small texts beside its documents, in its own store, so that a backup has both. A change and
 * its entry in the audit log are one transaction. Decides nothing.
 */

import { CroftError, type Hub } from "@croft/core";
import { z } from "zod";
import { type AuditEntry, auditEntrySchema, records, type TableName } from "./records.ts";
import { FIRST_ROLES, MembershipState } from "./state.ts";

/** The part of a hub that it needs. */
export type Texts = Pick<Hub, "readText" | "setTexts">;

/** Options of {@link MembershipStore}. */
export interface MembershipStoreOptions {
  readonly texts: Texts;
  /** How long entries of the audit log are kept, in milliseconds. */
  readonly keepAudit: number;
  readonly now: () => number;
}

/** Members are in so many texts, so that a change of one does not write all. */
const PARTS = 32;
/** Entries of the audit log in one text. */
const PAGE = 64;
/** Most texts of the audit log: older entries go, however young. */
const MAX_PAGES = 1000;

const HEAD = "membership";
const headSchema = z.object({
  version: z.number().int(),
  /** Which parts there are. */
  parts: z.array(z.number().int()),
  /** The number of the next entry, and the pages with the time of the last entry of each. */
  audit: z.object({ next: z.number().int(), pages: z.array(z.tuple([z.number(), z.number()])) }),
});
type Head = z.output<typeof headSchema>;

const NEW: Head = { version: 0, parts: [], audit: { next: 0, pages: [] } };
const WHOLE = ["roles", "groups", "invitations", "revocations"] as const;

/** See the top of this file. */
export class MembershipStore {
  readonly #options: MembershipStoreOptions;
  #head: Head = NEW;
  /** The entries of the page that is not full. */
  #page: readonly AuditEntry[] = [];

  constructor(options: MembershipStoreOptions) {
    this.#options = options;
  }

  /** Whether another server changed something since this one read or wrote it. */
  async hasMoved(): Promise<boolean> {
    return (await this.#readHead()).version !== this.#head.version;
  }

  /**
   * Reads all of it.
   *
   * @throws {@link CroftError} `store/corrupt` when it is damaged: who may do what is not guessed.
   */
  async read(): Promise<MembershipState> {
    const head = await this.#readHead();
    const [roles, groups, invitations, revocations, page, ...parts] = await Promise.all([
      this.#readTable(nameOf("roles"), records.roles),
      this.#readTable(nameOf("groups"), records.groups),
      this.#readTable(nameOf("invitations"), records.invitations),
      this.#readTable(nameOf("revocations"), records.revocations),
      this.#readPage(Math.floor(head.audit.next / PAGE)),
      ...head.parts.map((part) => this.#readTable(nameOfPart(part), records.members)),
    ]);
    this.#know(head, page);
    return new MembershipState(head.version, {
      roles: head.version === 0 ? FIRST_ROLES : roles,
      ...{ groups, invitations, revocations },
      members: new Map(parts.flatMap((part) => [...part])),
    });
  }

  /**
   * Writes what is another in `state`, with an entry of the audit log if there is one, in one transaction; resolves with whether it is written: not
   * where another server on the same store was faster. When it rejects it may be written all the same: read it again.
   */
  async write(
    { version, records: all }: MembershipState,
    touched: { readonly tables: ReadonlySet<TableName>; readonly members: readonly string[] },
    entry: Omit<AuditEntry, "number"> | undefined,
  ): Promise<boolean> {
    const { texts } = this.#options;
    // The roles that every workspace begins with are written with the first change.
    const tables = WHOLE.filter((table) => touched.tables.has(table) || version === 1);
    const values: (readonly [name: string, text: string | undefined])[] = tables.map((table) => [
      nameOf(table),
      JSON.stringify([...all[table]]),
    ]);
    const touchedParts = new Set(touched.members.map(partOf));
    const parts = new Set([...this.#head.parts, ...touchedParts]);
    for (const part of touchedParts) {
      const members = [...all.members].filter(([user]) => partOf(user) === part);
      if (members.length === 0) parts.delete(part);
      values.push([nameOfPart(part), members.length === 0 ? undefined : JSON.stringify(members)]);
    }
    const logged = entry && this.#logged(entry);
    if (logged) values.push(...logged.values);
    const head: Head = {
      version,
      parts: [...parts],
      audit: logged?.audit ?? this.#head.audit,
    };
    const isWritten = await texts.setTexts([...values, [HEAD, JSON.stringify(head)]]);
    if (isWritten) this.#know(head, logged?.page ?? this.#page);
    return isWritten;
  }

  /** What is to be written for one more entry, and without those that are too old. */
  #logged(entry: Omit<AuditEntry, "number">): {
    readonly values: readonly (readonly [name: string, text: string | undefined])[];
    readonly audit: Head["audit"];
    readonly page: readonly AuditEntry[];
  } {
    const { keepAudit, now } = this.#options;
    const { next: number, pages } = this.#head.audit;
    const current = Math.floor(number / PAGE);
    const page = [...this.#page, { ...entry, number }];
    const earlier = pages.filter(([each]) => each !== current);
    const isOld = ([each, at]: readonly [number, number]): boolean =>
      at < now() - keepAudit || each <= current - MAX_PAGES;
    const kept = earlier.filter((each) => !isOld(each));
    const gone = earlier.filter(isOld).map(([each]) => [nameOfPage(each), undefined] as const);
    return {
      values: [[nameOfPage(current), JSON.stringify(page)], ...gone],
      audit: { next: number + 1, pages: [...kept, [current, entry.at]] },
      page: (number + 1) % PAGE === 0 ? [] : page,
    };
  }

  /** Entries of the audit log, newest first: those with a number below `after`, at most `limit`. */
  async readAudit(after: number, limit: number): Promise<readonly AuditEntry[]> {
    const { keepAudit, now } = this.#options;
    const oldest = now() - keepAudit;
    const found: AuditEntry[] = [];
    for (const [page] of this.#head.audit.pages.toReversed()) {
      if (page * PAGE >= after) continue;
      const entries = await this.#readPage(page);
      found.push(...entries.filter(({ number, at }) => number < after && at >= oldest).reverse());
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  #know(head: Head, page: readonly AuditEntry[]): void {
    // What others wrote after it may have been read meanwhile.
    if (head.version < this.#head.version) return;
    this.#head = head;
    this.#page = page;
  }

  async #readHead(): Promise<Head> {
    return (await this.#readAs(HEAD, headSchema)) ?? NEW;
  }

  async #readTable<T>(name: string, record: z.ZodType<T>): Promise<ReadonlyMap<string, T>> {
    const rows: [string, T][] = [];
    const stored = (await this.#readAs(name, z.array(z.tuple([z.string(), z.unknown()])))) ?? [];
    for (const [id, value] of stored) rows.push([id, checked(() => record.parse(value))]);
    return new Map(rows);
  }

  async #readPage(page: number): Promise<readonly AuditEntry[]> {
    return (await this.#readAs(nameOfPage(page), z.array(auditEntrySchema))) ?? [];
  }

  async #readAs<S extends z.ZodType>(name: string, schema: S): Promise<z.output<S> | undefined> {
    const text = await this.#options.texts.readText(name);
    if (text === undefined) return undefined;
    return checked(() => schema.parse(JSON.parse(text)));
  }
}

function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CroftError("store/corrupt", "What is kept of the members is damaged.", {
      hint: "Go back to a backup.",
      cause,
    });
  }
}

function nameOf(table: TableName): string {
  return `${HEAD}/${table}`;
}

function nameOfPart(part: number): string {
  return `${HEAD}/members/${part}`;
}

function nameOfPage(page: number): string {
  return `${HEAD}/audit/${page}`;
}

/** Where a member is kept: FNV-1a, for it must come to the same for ever. */
function partOf(user: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < user.length; at++) {
    hash = Math.imul(hash ^ user.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % PARTS;
}
