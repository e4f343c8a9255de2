/** Goes back to the package before, and to the documents as they were before its successor changed them. */

import { CroftError } from "@croft/core";
import type { PluginPackage } from "@croft/plugin/package";
import { type Claim, withClaim } from "./claim.ts";
import { type DataChange, finish } from "./migrate-data.ts";
import { readDocuments, replaceDocuments } from "./plugin-documents.ts";
import { reachServer } from "./reach-server.ts";
import { dataVersionOf, membersBut, type PackageName } from "./records.ts";
import { findSnapshot, readSnapshot, saveSnapshot, snapshotMember } from "./snapshots.ts";

/**
 * Does it, for everybody; a plugin whose documents the later version did not change keeps them as they are. What was
 * in them until now is kept as a snapshot.
 *
 * @throws CroftError `plugin/migration` when there is no snapshot any more, `link/offline` without the server where documents are to
 *   be changed; `ClaimedError` while another device changes them.
 */
export async function rollBack(
  { manifest: { id: plugin, version, data: to } }: PluginPackage,
  named: PackageName,
  change: DataChange,
): Promise<void> {
  const { workspace, list, signal } = change;
  const changePackages = (): void => {
    const packages = list.set(plugin, "packages");
    for (const member of membersBut(list.get(plugin), [named])) packages.delete(member);
  };
  if (dataVersionOf(list.get(plugin)) <= to) {
    list.write(changePackages);
    return;
  }
  await reachServer(workspace, signal, async (reached) => {
    const takeOver = (claim: Claim): Promise<void> => finish(plugin, claim, change, reached);
    await withClaim(list, { plugin, to, reached, takeOver }, async (claim) => {
      const { id } = claim;
      const record = list.get(plugin);
      const snapshot = findSnapshot(record.snapshots, to);
      const former = snapshot && (await readSnapshot(workspace, plugin, snapshot.name, reached));
      if (!former) {
        throw new CroftError(
          "plugin/migration",
          `The data of ${plugin} as ${version} had it is not kept any more.`,
          { plugin, hint: "Export the data if you need it, and uninstall the plugin." },
        );
      }
      const data = dataVersionOf(record);
      const documents = await readDocuments(workspace, plugin, reached);
      await saveSnapshot(workspace, id, { plugin, data, documents }, reached);
      claim.mustHold();
      claim.begin();
      await replaceDocuments(workspace, plugin, former.documents, reached);
      list.write(() => {
        list.setDataVersion(plugin, to);
        list.set(plugin, "snapshots").add(snapshotMember({ name: id, data }));
        changePackages();
      });
      claim.end();
    });
  });
}
