/**
 * Brings a plugin's documents to the version that a newer package of it needs, on one device for all.
 *
 * 1. A rehearsal on a copy: a migration that throws has touched nothing.
 * 2. A claim, which the server puts in order with others: one device at a time. From here on no version of the plugin may write.
 * 3. A snapshot of the documents, and a new life for each of them with the same content: edits that a device made to them and has not
 *    sent yet are in the old format, and go to its quarantine.
 * 4. The migration once more, on a copy of what is there now. What it changes is kept before it is used: whoever takes over after a
 *    crash adds the same updates once more, which changes nothing where they are already, instead of migrating what is half done.
 * 5. The record says which version the documents have now.
 */

import type { Clock, DocPath } from "@croft/core";
import type { PluginPackage } from "@croft/plugin/package";
import { type Claim, withClaim } from "./claim.ts";
import type { InstalledList } from "./installed-list.ts";
import type { LoadPlugin } from "./installed-plugins.ts";
import {
  addToDocuments,
  bringBack,
  cutDocuments,
  type DocumentSource,
  emptyOf,
  readDocuments,
} from "./plugin-documents.ts";
import { type Reached, reachServer } from "./reach-server.ts";
import { dataVersionOf } from "./records.ts";
import { runOnCopy } from "./run-on-copy.ts";
import {
  forgetSnapshots,
  namesOf,
  readSnapshot,
  saveSnapshot,
  snapshotMember,
} from "./snapshots.ts";

/** What is needed to change a plugin's documents as a whole. */
export interface DataChange {
  readonly workspace: DocumentSource;
  readonly list: InstalledList;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What is needed to migrate. */
export interface Migration extends DataChange {
  readonly load: LoadPlugin;
  readonly clock: Clock;
}

/**
 * Migrates; resolves when the record says that it is done, here or elsewhere.
 *
 * @throws CroftError `plugin/migration` when the plugin throws, `link/offline` without the server, `access/denied` where this
 *   person may not; `ClaimedError` while another device is at it.
 */
export async function migrateData(found: PluginPackage, migration: Migration): Promise<void> {
  const { workspace, list, signal, load, clock } = migration;
  const { id: plugin, data: to } = found.manifest;
  await reachServer(workspace, signal, async (reached) => {
    const from = (): number => dataVersionOf(list.get(plugin));
    const change = (documents: ReadonlyMap<DocPath, Uint8Array>) =>
      documents.size === 0
        ? new Map<DocPath, Uint8Array>()
        : runOnCopy(found, from(), documents, {
            user: list.user,
            clock,
            load,
            signal: reached.signal,
          });
    await change(await readDocuments(workspace, plugin, reached));
    const takeOver = (claim: Claim): Promise<void> => finish(plugin, claim, migration, reached);
    await withClaim(list, { plugin, to, reached, takeOver }, async (claim) => {
      const { id } = claim;
      if (from() >= to) return;
      const data = from();
      const before = await readDocuments(workspace, plugin, reached);
      let name = id;
      await saveSnapshot(workspace, name, { plugin, data, documents: before }, reached);
      claim.mustHold();
      claim.begin();
      await cutDocuments(workspace, [...before.keys()], reached);
      claim.end();
      const documents = await readDocuments(workspace, plugin, reached);
      if (!areSame(before, documents)) {
        // Somebody was quicker than the claim.
        name = `${id}-late`;
        await saveSnapshot(workspace, name, { plugin, data, documents }, reached);
      }
      const changes = await change(documents);
      claim.mustHold();
      claim.begin();
      await saveSnapshot(
        workspace,
        changesName(id),
        { plugin, data: to, documents: changes },
        reached,
      );
      await addToDocuments(workspace, changes, reached);
      const former = list.get(plugin).snapshots;
      list.write(() => {
        list.setDataVersion(plugin, to);
        const snapshots = list.set(plugin, "snapshots");
        for (const member of former) snapshots.delete(member);
        snapshots.add(snapshotMember({ name, data }));
      });
      await reached.saved(list.shared);
      claim.end();
      await forgetSnapshots(workspace, plugin, [changesName(id), ...namesOf(former)]);
    });
  });
}

/**
 * Ends what a device began with a plugin's documents and did not end: what is deleted comes back, and what a migration
 * changes, if that much is known, is added.
 */
export async function finish(
  plugin: string,
  { id, to }: Claim,
  { workspace, list }: DataChange,
  reached: Reached,
): Promise<void> {
  const before = await readSnapshot(workspace, plugin, id, reached);
  // Nothing was touched before that was kept.
  if (!before) return;
  // Each had something in it. A listing would not do: it may still have what was deleted a moment ago.
  const missing = await emptyOf(workspace, [...before.documents.keys()], reached);
  await bringBack(workspace, missing, reached);
  const changes = await readSnapshot(workspace, plugin, changesName(id), reached);
  if (!changes) return;
  await addToDocuments(workspace, changes.documents, reached);
  list.write(() => {
    list.setDataVersion(plugin, to);
    list.set(plugin, "snapshots").add(snapshotMember({ name: id, data: before.data }));
  });
}

function changesName(claim: string): string {
  return `${claim}-changes`;
}

function areSame(
  a: ReadonlyMap<DocPath, Uint8Array>,
  b: ReadonlyMap<DocPath, Uint8Array>,
): boolean {
  return (
    a.size === b.size &&
    [...a].every(([path, bytes]) => {
      const other = b.get(path);
      return other?.length === bytes.length && bytes.every((byte, at) => byte === other[at]);
    })
  );
}
