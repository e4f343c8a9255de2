/**
 * Where it is kept what is installed: for the whole workspace under `app/plugins`, what a person agreed to under
 * `app/users/<user>`, which that person alone may write and no plugin reaches (SYNC rule 18).
 */

import { type CollectionDefinition, defineCollection, set } from "@croft/core/collection";
import { compareVersions, isVersion, type StoredPermissions } from "@croft/plugin";
import { KINDS } from "@croft/plugin/remote";
import * as z from "zod";

/** The document that lists what is installed and what was revoked. */
export const INSTALLED_PATH = "app/plugins/installed";

/** The document with a package's bytes, by the hash of its content. */
export function packagePath(hash: string): string {
  return `app/plugins/packages/${hash}`;
}

/** The document with a snapshot of a plugin's data, or with what a migration changes; all of a plugin's are under one path. */
export function snapshotPath(id: string, name?: string): string {
  const all = `app/plugins/snapshots/${id}`;
  return name === undefined ? all : `${all}/${name}`;
}

/** The document with what a user agreed to. */
export function consentPath(user: string): string {
  return `app/users/${user}/plugins`;
}

/** Names one package. */
export interface PackageName {
  readonly version: string;
  readonly hash: string;
  /** Who signed it; empty when nobody did. */
  readonly publisher: string;
}

/** A package that was installed. */
export interface ListedPackage extends PackageName {
  /** Milliseconds since 1970: when it was added to the list, by the clock of who did it. */
  readonly addedAt: number;
}

/** A {@link ListedPackage} as a member of {@link InstalledRecord.packages}. */
export function memberOf({ version, hash, publisher, addedAt }: ListedPackage): string {
  return `${version} ${hash} ${publisher} ${addedAt}`;
}

/**
 * The packages that count for a person, the newest first: those of the publisher that the person trusts, if there are any.
 * Empty when none is named in a way that can be read.
 */
export function orderPackages(
  { packages }: Pick<InstalledRecord, "packages">,
  trusted: string | undefined,
): readonly ListedPackage[] {
  const named = [...packages].flatMap((member) => readMember(member) ?? []);
  const theirs = named.filter(({ publisher }) => publisher === trusted);
  const counting = theirs.length > 0 ? theirs : named;
  // The same for everybody, whatever the order in which they were installed.
  return counting
    .filter(({ hash, addedAt }) => {
      // Of one that two people added while they were apart, who was first.
      return !counting.some((other) => other.hash === hash && other.addedAt < addedAt);
    })
    .toSorted((a, b) => compareVersions(b.version, a.version) || (a.hash < b.hash ? -1 : 1));
}

/** The members of {@link InstalledRecord.packages} that name none of `kept`. */
export function membersBut(
  { packages }: Pick<InstalledRecord, "packages">,
  kept: readonly PackageName[],
): readonly string[] {
  return [...packages].filter((member) => {
    const named = readMember(member);
    return !named || !kept.some(({ hash }) => hash === named.hash);
  });
}

function readMember(member: string): ListedPackage | undefined {
  const [version = "", hash = "", publisher = "", added = ""] = member.split(" ");
  if (!isVersion(version) || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
  const addedAt = Number(added);
  return { version, hash, publisher, addedAt: Number.isFinite(addedAt) ? addedAt : 0 };
}

/** The version that a plugin's documents are written in. */
export function dataVersionOf({ data }: Pick<InstalledRecord, "data">): number {
  return Math.max(1, ...data);
}

/** Grants, as data. */
export type StoredGrants = StoredPermissions;

/** An entry of the list of what is installed. */
export interface InstalledRecord {
  /** The plugin's. */
  readonly id: string;
  /**
   * What was installed, each as a line: version, hash, publisher, and when it was added, divided by spaces. Of two people who install different versions while they are apart
   * both add theirs, and the newest counts for everybody.
   */
  readonly packages: ReadonlySet<string>;
  /** The newest counts: which versions the plugin's documents were written in. */
  readonly data: ReadonlySet<number>;
  /** Who is changing the plugin's documents as a whole, each as `claimOf` writes it. Empty as a rule. */
  readonly claims: ReadonlySet<string>;
  /** What can be gone back to, each as `snapshotMember` writes it. */
  readonly snapshots: ReadonlySet<string>;
  readonly enabled: boolean;
  /** Names this installation: one that comes after an uninstallation is another. */
  readonly generation: string;
  readonly installedBy: string;
  /** Milliseconds since 1970, by the clock of who did it. */
  readonly installedAt: number;
}

/** What a person agreed to about one plugin. */
export interface Consent {
  /** The publisher that the person trusts; empty for packages that nobody signed. */
  readonly publisher: string;
  /** The newest version that ran for this person: an older one is a downgrade. */
  readonly version: string;
  /** The newest version that the person agreed to; not there in what older versions of croft wrote. */
  readonly agreed?: string | undefined;
  readonly granted: StoredGrants;
  /** What the plugin asked for when the person was asked last: what is more than that is asked anew. */
  readonly asked: StoredGrants;
}

/** Something that must not run any more. */
export interface Revocation {
  /** A publisher's key, or the hash of a package. */
  readonly id: string;
  readonly target: "publisher" | "package";
  readonly reason: string;
}

/** A plugin that was uninstalled. */
export interface Uninstalled {
  /** The installation's {@link InstalledRecord.generation}. */
  readonly id: string;
  readonly plugin: string;
  /** What is to become of its documents: `gone` once they were deleted. */
  readonly documents: "keep" | "delete" | "gone";
  /** The version that they are written in. */
  readonly data: number;
  readonly by: string;
  /** Milliseconds since 1970, by the clock of who did it. */
  readonly at: number;
}

type Fields<T> = { readonly [K in Exclude<keyof T, "id">]: z.ZodType<T[K]> };

// What was kept before there was a kind says nothing of it: then nothing of that kind was granted.
const grants: z.ZodType<StoredGrants> = z.object({
  documents: z.array(KINDS.documents.given),
  events: z.array(KINDS.events.given),
  network: z.array(KINDS.network.given).default([]),
  notifications: z.array(KINDS.notifications.given).default([]),
  clipboard: z.array(KINDS.clipboard.given).default([]),
  apis: z.array(KINDS.apis.given).default([]),
});

type TextSet = ReturnType<typeof set<z.ZodString>>;

const installedFields: Fields<
  Pick<InstalledRecord, "enabled" | "generation" | "installedBy" | "installedAt">
> & {
  readonly packages: TextSet;
  readonly data: ReturnType<typeof set<z.ZodNumber>>;
  readonly claims: TextSet;
  readonly snapshots: TextSet;
} = {
  packages: set(z.string()),
  data: set(z.number()),
  claims: set(z.string()),
  snapshots: set(z.string()),
  enabled: z.boolean(),
  generation: z.string(),
  installedBy: z.string(),
  installedAt: z.number(),
};

const consentFields: Fields<Consent> = {
  publisher: z.string(),
  version: z.string(),
  agreed: z.string().optional(),
  granted: grants,
  asked: grants,
};

const revocationFields: Fields<Revocation> = {
  target: z.enum(["publisher", "package"]),
  reason: z.string(),
};

const uninstalledFields: Fields<Uninstalled> = {
  plugin: z.string(),
  documents: z.enum(["keep", "delete", "gone"]),
  data: z.number(),
  by: z.string(),
  at: z.number(),
};

/** What is installed, by plugin id. */
export const installedDefinition: CollectionDefinition<typeof installedFields> = defineCollection(
  "installed",
  installedFields,
);
/** What a person agreed to, by plugin id. */
export const consentDefinition: CollectionDefinition<typeof consentFields> = defineCollection(
  "consents",
  consentFields,
);
/** What must not run any more, by key or hash. */
export const revocationDefinition: CollectionDefinition<typeof revocationFields> = defineCollection(
  "revocations",
  revocationFields,
);
/** What was uninstalled, by generation. */
export const uninstalledDefinition: CollectionDefinition<typeof uninstalledFields> =
  defineCollection("uninstalled", uninstalledFields);
