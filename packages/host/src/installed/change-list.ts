/** What is written to the list when somebody installs or uninstalls a plugin. */

import { createRecordId } from "@croft/core/collection";
import type { PluginPackage } from "@croft/plugin/package";
import type { InstalledList } from "./installed-list.ts";
import { dataVersionOf, memberOf, membersBut, type PackageName } from "./records.ts";

/** Adds a package to the list; `former` is the one that runs here. */
export function addPackage(
  list: InstalledList,
  { manifest: { id, version, data }, hash, publisher: signedBy }: PluginPackage,
  former: PackageName | undefined,
): void {
  const now = list.clock.now();
  const publisher = signedBy ?? "";
  const named = { version, hash, publisher, addedAt: now };
  const record = list.installed.get(id);
  if (record) {
    // The one that runs stays: until this one does, and to go back to.
    const kept = former && former.publisher === publisher ? [named, former] : [named];
    list.write(() => {
      const packages = list.set(id, "packages");
      for (const member of membersBut(record, kept)) packages.delete(member);
      if (former?.hash !== hash) packages.add(memberOf(named));
    });
    return;
  }
  const left = list.uninstalled
    .all()
    .filter(({ plugin, documents }) => plugin === id && documents !== "gone");
  list.installed.insert({
    id,
    packages: [memberOf(named)],
    // What is there of a former installation is written as that wrote it.
    data: [left.length > 0 ? Math.max(...left.map((gone) => gone.data)) : data],
    claims: [],
    snapshots: [],
    enabled: true,
    generation: createRecordId(),
    installedBy: list.user,
    installedAt: now,
  });
}

/** Takes a plugin off the list, and says what is to become of its documents. */
export function removePlugin(list: InstalledList, id: string, documents: "keep" | "delete"): void {
  const record = list.get(id);
  list.write(() => {
    list.uninstalled.insert({
      id: record.generation,
      plugin: id,
      documents,
      data: dataVersionOf(record),
      by: list.user,
      at: list.clock.now(),
    });
    list.installed.delete(id);
  });
  // Who installs it again is asked again, and may trust another publisher then.
  if (list.consents.has(id)) list.consents.delete(id);
}
