/**
 * Where it is kept what is installed: for the whole workspace under `app/plugins`, what a person agreed to under
 * `app/users/<user>`, which that person alone may write and no plugin reaches (SYNC rule 18).
 */

import type { Access } from "@croft/core";
import { type CollectionDefinition, defineCollection, set } from "@croft/core/collection";
import { compareVersions, isVersion } from "@croft/plugin";
import * as z from "zod";

/** The document that lists what is installed and what was revoked. */
export const INSTALLED_PATH = "app/plugins/installed";

/** The document with a package's bytes, by the hash of its content. */
export function packagePath(hash: string): string {
  return `app/plugins/packages/${hash}`;
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

/** A {@link PackageName} as a member of {@link InstalledRecord.packages}. */
export function memberOf({ version, hash, publisher }: PackageName): string {
  return `${version} ${hash} ${publisher}`;
}

/**
 * The package that counts for a person: the newest, of the publisher that the person trusts if one of theirs is there.
 * `undefined` when none is named in a way that can be read.
 */
export function choosePackage(
  { packages }: Pick<InstalledRecord, "packages">,
  trusted: string | undefined,
): PackageName | undefined {
  const named = [...packages].flatMap((member) => readMember(member) ?? []);
  const theirs = named.filter(({ publisher }) => publisher === trusted);
  // The same for everybody, whatever the order in which they were installed.
  return (theirs.length > 0 ? theirs : named).toSorted(
    (a, b) => compareVersions(b.version, a.version) || (a.hash < b.hash ? -1 : 1),
  )[0];
}

function readMember(member: string): PackageName | undefined {
  const [version = "", hash = "", publisher = ""] = member.split(" ");
  return isVersion(version) && /^[0-9a-f]{64}$/.test(hash)
    ? { version, hash, publisher }
    : undefined;
}

/** Grants, as data. */
export interface StoredGrants {
  readonly documents: readonly { readonly pattern: string; readonly access: Access }[];
  readonly events: readonly {
    readonly topic: string;
    readonly direction: "publish" | "subscribe";
  }[];
}

/** An entry of the list of what is installed. */
export interface InstalledRecord {
  /** The plugin's. */
  readonly id: string;
  /**
   * What was installed, each as {@link memberOf} writes it. Of two people who install different versions while they are apart
   * both add theirs, and the newest counts for everybody.
   */
  readonly packages: ReadonlySet<string>;
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

type Fields<T> = { readonly [K in Exclude<keyof T, "id">]: z.ZodType<T[K]> };

const grants: z.ZodType<StoredGrants> = z.object({
  documents: z.array(z.object({ pattern: z.string(), access: z.enum(["none", "read", "write"]) })),
  events: z.array(z.object({ topic: z.string(), direction: z.enum(["publish", "subscribe"]) })),
});

const installedFields: Fields<Omit<InstalledRecord, "packages">> & {
  readonly packages: ReturnType<typeof set<z.ZodString>>;
} = {
  packages: set(z.string()),
  enabled: z.boolean(),
  generation: z.string(),
  installedBy: z.string(),
  installedAt: z.number(),
};

const consentFields: Fields<Consent> = {
  publisher: z.string(),
  version: z.string(),
  granted: grants,
  asked: grants,
};

const revocationFields: Fields<Revocation> = {
  target: z.enum(["publisher", "package"]),
  reason: z.string(),
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
