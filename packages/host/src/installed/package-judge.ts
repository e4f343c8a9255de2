/**
 * Judges each package of what is installed by what this device has of it, and notes when that is to be judged again.
 */

import { CroftError } from "@croft/core";
import type { PluginPackage } from "@croft/plugin/package";
import { activeClaims } from "./claim.ts";
import type { InstalledList } from "./installed-list.ts";
import type { InstalledPluginsOptions } from "./installed-plugins.ts";
import { judgeInstalled, judgeUpdate, type Standing } from "./judge-installed.ts";
import type { Migrations } from "./migrations.ts";
import type { PackageShelf } from "./package-shelf.ts";
import {
  type Consent,
  dataVersionOf,
  type InstalledRecord,
  type ListedPackage,
} from "./records.ts";
import type { WakeUp } from "./wake-up.ts";

/** A package, as it was judged. */
export interface Judged {
  readonly named: ListedPackage;
  readonly found: PluginPackage | CroftError | undefined;
  readonly standing: Standing;
}

/** What a {@link PackageJudge} judges by. */
export interface Known {
  readonly options: Pick<InstalledPluginsOptions, "updates" | "allowUnsigned">;
  readonly list: InstalledList;
  readonly shelf: PackageShelf;
  readonly migrations: Migrations;
  readonly wakeUp: WakeUp;
}

/** See the top of this file. */
export class PackageJudge {
  readonly #known: Known;

  constructor(known: Known) {
    this.#known = known;
  }

  /** One of a record's packages; begins a migration that it needs. `hasFormer`: it is an update of another one. */
  async listed(
    record: InstalledRecord,
    named: ListedPackage,
    consent: Consent | undefined,
    hasFormer: boolean,
  ): Promise<Judged> {
    const { options, list, shelf, migrations, wakeUp } = this.#known;
    const found = await shelf.get(named.hash);
    let standing = this.standing(record, named, found, consent);
    if (standing.name === "ready" && found && !(found instanceof CroftError) && consent) {
      const evidence = { named, manifest: found.manifest, consent, now: list.clock.now() };
      if (hasFormer) standing = judgeUpdate(evidence, options.updates ?? {}) ?? standing;
      if (standing.name === "young") wakeUp.at(standing.until);
      if (standing.name === "ready" && found.manifest.data > dataVersionOf(record)) {
        standing = migrations.standing(found);
      }
    }
    return { named, found, standing };
  }

  /** How a package would stand for who agreed to `consent`. */
  standing(
    { id, enabled }: InstalledRecord,
    named: ListedPackage,
    found: PluginPackage | CroftError | undefined,
    consent: Consent | undefined,
  ): Standing {
    const { options, list } = this.#known;
    const { allowUnsigned = false } = options;
    const revocations = list.revocations.all();
    return judgeInstalled({ id, named, enabled, found, consent, revocations, allowUnsigned });
  }

  /** Why a package may not write the plugin's documents now, if it may not. */
  limitOf(record: InstalledRecord, { manifest }: PluginPackage): CroftError | undefined {
    const { list, wakeUp } = this.#known;
    const { id, version, name } = manifest;
    if (dataVersionOf(record) > manifest.data) {
      return new CroftError(
        "plugin/outdated",
        `${name} ${version} only reads its documents: a newer version of it changed how they are written.`,
        { plugin: id, hint: "Agree to the newer version." },
      );
    }
    const claims = activeClaims(record.claims, list.clock.now());
    for (const { until } of claims) wakeUp.at(until);
    if (claims.length === 0) return undefined;
    return new CroftError(
      "plugin/outdated",
      `The documents of ${name} are being changed as a whole.`,
      {
        plugin: id,
        hint: "It takes a moment.",
      },
    );
  }
}

/** What was judged, if it could be read. */
export function packageOf({ found }: Judged): PluginPackage | undefined {
  return found instanceof CroftError ? undefined : found;
}
