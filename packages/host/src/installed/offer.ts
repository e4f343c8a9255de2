/** What it would mean to install a package: shown to a person before anything is changed. */

import { CroftError } from "@croft/core";
import { type AskedPermissions, compareVersions, type PluginManifest } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import { judgeInstalled, newlyAsked } from "./judge-installed.ts";
import {
  type Consent,
  type InstalledRecord,
  orderPackages,
  type PackageName,
  type Revocation,
} from "./records.ts";

/** A package that could be installed. */
export interface Offer {
  readonly package: PluginPackage;
  readonly bytes: Uint8Array;
  readonly manifest: PluginManifest;
  /** What installing it would be: of something new, of another version, of what is there already. */
  readonly kind: "new" | "update" | "same";
  /** The version that is installed now. */
  readonly installed: string | undefined;
  /** What it asks for that this person was not asked yet. */
  readonly asks: AskedPermissions;
  /** Why it cannot be installed. */
  readonly refused: CroftError | undefined;
}

/** Makes an {@link Offer} of a package that was read. */
export function offerOf(
  bytes: Uint8Array,
  found: PluginPackage,
  {
    record,
    consent,
    revocations,
    allowUnsigned,
  }: {
    readonly record: InstalledRecord | undefined;
    readonly consent: Consent | undefined;
    readonly revocations: readonly Revocation[];
    readonly allowUnsigned: boolean;
  },
): Offer {
  const { manifest, hash, publisher } = found;
  const { id, version } = manifest;
  const named = { hash, version, publisher: publisher ?? "" };
  // As if it were installed: what would not run is not installed.
  const standing = judgeInstalled({
    id,
    named,
    enabled: true,
    found,
    consent,
    revocations,
    allowUnsigned,
  });
  const before = record && orderPackages(record, consent?.publisher)[0];
  const refused = standing.name === "refused" ? standing.error : refuseChange(id, named, before);
  return {
    package: found,
    bytes,
    manifest,
    kind: !record ? "new" : before?.hash === hash ? "same" : "update",
    installed: before?.version,
    asks: newlyAsked(manifest, consent?.asked),
    refused,
  };
}

/** Others who use it trust the publisher that it has; and an older version would damage what a newer one wrote. */
function refuseChange(
  id: string,
  { version, publisher }: PackageName,
  before: PackageName | undefined,
): CroftError | undefined {
  if (!before) return undefined;
  if (publisher !== before.publisher) {
    return new CroftError(
      "plugin/signature",
      `${id} ${version} comes from another publisher than the ${id} that is installed.`,
      { plugin: id, hint: "Uninstall that one first, if you trust this one more." },
    );
  }
  if (compareVersions(version, before.version) < 0) {
    return new CroftError(
      "plugin/downgrade",
      `${id} ${version} is older than ${before.version}, which is installed.`,
      { plugin: id, hint: "To go back, roll the update back: that brings its data back, too." },
    );
  }
  return undefined;
}
