/**
 * Deletion of documents and subtrees, and bringing back what was deleted (SYNC rule 17). The content
 * of a deleted document is kept aside for a while; the tombstone stays for ever.
 */

import { allows, type Principal } from "../access/access.ts";
import { stampOf } from "../access/stamp.ts";
import { isSubtree, mayWriteAll } from "../access/subtree-access.ts";
import { type DocPath, isDocPath, isIn } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import { createWriterId, type Epoch, type Tag } from "../ids.ts";
import type { DocumentRecord, QuarantineRecord } from "../store/store.ts";
import type { Draft } from "./draft.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubRequest } from "../session/requests.ts";
import { type HubDocument, isDeleted } from "./hub-document.ts";
import { type RecoveryRefusal, takeRecovered } from "./recovery.ts";
import { mergeUpdates } from "../update/yjs-format.ts";

/** The code of what the quarantine keeps of deleted documents. */
export const DELETED_CONTENT = "deleted-content";

/** What is to be deleted. */
export interface Deletion {
  readonly path: string;
  /** Whether it is all paths at and below `path`. */
  readonly subtree: boolean;
  /** Only if the document is in this epoch. */
  readonly epoch?: Epoch | undefined;
}

/**
 * Does what a principal asks. On a device the hub above is asked, once this one has no objection: what
 * is deleted is deleted for everybody.
 *
 * @throws CroftError `access/denied`; `link/offline` on a device that does not reach its server.
 */
export async function doRequest(
  hub: HubCore,
  principal: Principal,
  asked: HubRequest,
): Promise<number> {
  const { uplink } = hub;
  if (!uplink) {
    return asked.type === "delete"
      ? deleteFor(hub, principal, asked)
      : undeleteFor(hub, principal, asked.path);
  }
  const { path } = asked;
  if (asked.type === "delete" && asked.subtree) {
    await pathsOf(hub, principal, path, true);
    const { plugin } = principal;
    // The server enforces users only: a plugin is held to its own subtree here, and to what it may do there.
    const isOwn = plugin === undefined || isIn(path, plugin);
    if (!isOwn || (plugin !== undefined && !mayWriteAll(hub.gate, principal, path))) {
      throw denied(path);
    }
  } else if (!isDocPath(path) || !allows(hub.gate.check(principal, path).access, "write")) {
    throw denied(path);
  }
  return uplink.request(asked);
}

/** How many documents of a subtree are deleted in one transaction. */
const AT_ONCE = 100;

/**
 * Deletes for somebody; returns how many documents went.
 *
 * @throws CroftError `access/denied` when one of them may be read and not written: nothing is deleted.
 */
export async function deleteFor(
  hub: HubCore,
  principal: Principal | undefined,
  deletion: Deletion,
): Promise<number> {
  const work = (): Promise<number> => deleteNow(hub, principal, deletion);
  if (!deletion.subtree) return work();
  if (!isSubtree(deletion.path)) throw noSubtree(deletion.path);
  try {
    return await hub.subtrees.inTurn(work);
  } finally {
    hub.subtrees.finishLater(hub, () => finishDeletions(hub));
  }
}

async function deleteNow(
  hub: HubCore,
  principal: Principal | undefined,
  { path, subtree, epoch }: Deletion,
): Promise<number> {
  const asked = await pathsOf(hub, principal, path, subtree);
  const mayAll = (): boolean => !principal || mayWriteAll(hub.gate, principal, path);
  const isWhole = subtree && mayAll();
  const tombstone = isWhole ? await deleteUnknown(hub, path, mayAll) : undefined;
  // What came meanwhile goes too.
  const paths = isWhole ? await pathsOf(hub, principal, path, subtree) : asked;
  const gone = await eachOf(paths, (each) =>
    withDocument(hub, each, (document) => remove(hub, principal, document, { epoch, tombstone })),
  );
  const count = gone.filter(Boolean).length;
  const added = hub.subtrees.unfinished.find((each) => each.tombstone === tombstone);
  if (added) await hub.subtrees.finish(hub, added);
  if (count > 0) await forgetOldContent(hub);
  return count;
}

/**
 * Goes on with deletions of subtrees in which a process died: they are in force, and documents of before are still there, on
 * which nobody who knows of the deletion could go on.
 */
export async function finishDeletions(hub: HubCore): Promise<void> {
  for (const each of hub.subtrees.unfinished) {
    const { path, tombstone } = each;
    await hub.subtrees.inTurn(async () => {
      const paths = await pathsOf(hub, undefined, path, true);
      await eachOf(paths, (one) =>
        withDocument(hub, one, (document) =>
          remove(hub, undefined, document, { epoch: undefined, tombstone }),
        ),
      );
      await hub.subtrees.finish(hub, each);
    });
  }
}

/**
 * Deletes documents of a subtree that this hub has not heard of: from here on they begin with a tombstone, which those that are
 * deleted have too. Resolves with it, if one is left.
 */
async function deleteUnknown(
  hub: HubCore,
  path: string,
  mayStill: () => boolean,
): Promise<Epoch | undefined> {
  const added = await hub.subtrees.add(hub, path, mayStill);
  if (!added) return undefined;
  // Whoever has an empty document open starts over. After all that is under way: what that brings is deleted with the rest.
  const open = hub.documents.filter((each) => isIn(each.path, path));
  await eachOf(open, (each) =>
    hub.change(each, (draft) => {
      draft.after(() => {
        if (!hub.begin(each)) return;
        for (const lane of [...each.lanes]) lane.restart();
      });
    }),
  );
  return added.tombstone;
}

/** Works on some at a time, so that they share transactions. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}

/**
 * Brings back what the last deletion of a document took; returns whether there was anything.
 *
 * @throws CroftError `access/denied` without write access.
 */
export async function undeleteFor(
  hub: HubCore,
  principal: Principal | undefined,
  path: string,
): Promise<number> {
  if (!isDocPath(path)) throw denied(path);
  if (principal && !allows(hub.gate.check(principal, path).access, "write")) throw denied(path);
  const records = await hub.store.readQuarantine(path);
  const record = records.findLast((each) => each.code === DELETED_CONTENT);
  if (!record || isOld(hub, record)) return 0;
  let isDenied = false;
  const refusal = await withDocument(hub, path, async (document) => {
    let why: RecoveryRefusal | undefined;
    await hub.change(document, (draft) => {
      // Rights may have ended since it was asked for.
      const mayWrite = !principal || allows(hub.accessOf(principal, document), "write");
      if (!mayWrite) isDenied = true;
      why = mayWrite ? bringBack(draft, record, principal, hub) : undefined;
    });
    return why;
  });
  if (isDenied) throw denied(path);
  if (!refusal) return 1;
  throw new CroftError("update/invalid", `${path} cannot be brought back: ${refusal.reason}.`, {
    path,
  });
}

function bringBack(
  draft: Draft,
  record: QuarantineRecord,
  principal: Principal | undefined,
  { random }: HubCore,
): RecoveryRefusal | undefined {
  // A whole state, whose ids nobody else uses.
  const refusal = takeRecovered(draft, {
    update: mergeUpdates(record.updates),
    epoch: draft.record.epoch,
    last: { n: 0, tag: draft.newTag() },
    writer: createWriterId(random),
    author: principal ? stampOf(principal) : record.author,
  });
  if (!refusal) draft.release(record.id);
  return refusal;
}

async function pathsOf(
  hub: HubCore,
  principal: Principal | undefined,
  path: string,
  subtree: boolean,
): Promise<readonly DocPath[]> {
  if (!subtree) {
    if (!isDocPath(path)) throw denied(path);
    if (principal && !allows(hub.gate.check(principal, path).access, "write")) throw denied(path);
    return [path];
  }
  const rows = await hub.store.listDocuments(path);
  const under = rows.filter((row) => isIn(row.path, path) && !isDeleted(row));
  const visible = under.filter((row) => {
    if (!principal) return true;
    const { access } = hub.gate.check(principal, row.path);
    // What may not be read is as if it were not there.
    if (access === "read") throw denied(row.path);
    return access === "write";
  });
  return visible.map((row) => row.path);
}

async function remove(
  hub: HubCore,
  principal: Principal | undefined,
  document: HubDocument,
  {
    epoch,
    tombstone,
  }: { readonly epoch: Epoch | undefined; readonly tombstone: Epoch | undefined },
): Promise<boolean> {
  let removed = false;
  await hub.change(document, (draft) => {
    const { record } = draft;
    removed = false;
    if (isDeleted(record) || (epoch !== undefined && epoch !== record.epoch)) return;
    // Made since, by who knew of the deletion.
    if (tombstone !== undefined && isSince(record, tombstone)) return;
    if (principal && !allows(hub.accessOf(principal, document), "write")) return;
    removed = true;
    const author = principal ? stampOf(principal) : "";
    const updates = draft.everything;
    const reason = "the document was deleted";
    if (updates.length > 0) {
      draft.keep({ author, code: DELETED_CONTENT, reason, basis: record.epoch, updates });
    }
    draft.clear();
    draft.setRecord({
      epoch: tombstone ?? draft.record.epoch,
      tombstone: tombstone ?? draft.record.epoch,
      deletedEpochs: [...record.deletedEpochs, ...record.formerEpochs, record.epoch],
    });
  });
  return removed;
}

/** Whether a document began after the deletion of its subtree. */
function isSince(record: DocumentRecord, tombstone: Epoch): boolean {
  const { epoch, formerEpochs, deletedEpochs } = record;
  return epoch === tombstone || [...formerEpochs, ...deletedEpochs].includes(tombstone);
}

/** Releases the content of deleted documents that was kept long enough. */
async function forgetOldContent(hub: HubCore): Promise<void> {
  const kept = await hub.store.listQuarantine(DELETED_CONTENT);
  const old: Tag[] = kept.filter((record) => isOld(hub, record)).map(({ id }) => id);
  if (old.length > 0) await hub.kept.discard(...old);
}

function isOld({ clock, keepDeleted }: HubCore, { at }: Pick<QuarantineRecord, "at">): boolean {
  return at + keepDeleted <= clock.now();
}

async function withDocument<T>(
  hub: HubCore,
  path: DocPath,
  run: (document: HubDocument) => Promise<T>,
): Promise<T> {
  const document = await hub.acquire(path);
  try {
    // What another hub on the same store has written since may not be taken for nothing.
    if (hub.neighbours) await hub.readOn(document);
    return await run(document);
  } finally {
    hub.release(path);
  }
}

function noSubtree(path: string): CroftError {
  return new CroftError("input/invalid", `${JSON.stringify(path)} is at the top of no subtree.`, {
    hint: "Name a path, or the beginning of one up to a slash: `notes` or `notes/archive`.",
  });
}

function denied(path: string): CroftError {
  return new CroftError(
    "access/denied",
    `There is no permission to delete or bring back ${path}.`,
    {
      path,
    },
  );
}
