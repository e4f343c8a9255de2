/**
 * Whether what is installed may run here, for this person: judged from the package's own bytes, what the list
 * says, what the person agreed to, and what was revoked. Needs no network. Pure.
 */

import { CroftError } from "@croft/core";
import { type AskedKinds, compareVersions, type PluginManifest } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import { KINDS, listsOf } from "@croft/plugin/remote";
import { isNothing, parsePermissions, requiredOf } from "../permissions.ts";
import type { UpdatePolicy } from "./installed-plugins.ts";
import type { Consent, ListedPackage, PackageName, Revocation, StoredGrants } from "./records.ts";

/** How an installed plugin stands on this device, for this person. */
export type Standing =
  /** It may run, with what was granted; where `limited` says why, it may not write its own documents now. */
  | { readonly name: "ready"; readonly limited?: CroftError | undefined }
  /** Somebody switched it off, for everybody. */
  | { readonly name: "disabled" }
  /** Its package is not on this device yet. */
  | { readonly name: "waiting" }
  /** This person was not asked yet. */
  | { readonly name: "unasked" }
  /** An update that is not old enough; it runs from `until` on, in milliseconds since 1970. */
  | { readonly name: "young"; readonly until: number }
  /**
   * An update for which the plugin's documents are being brought over; `waitsFor` says why not yet: `server` until it is
   * reached, `turn` while another device is at it.
   */
  | { readonly name: "migrating"; readonly waitsFor: "server" | "turn" | undefined }
  /** It must not run; `error` says why, and what to do. */
  | { readonly name: "refused"; readonly error: CroftError };

/** What a plugin is judged by. */
export interface Evidence {
  readonly id: string;
  /** Which of the installed packages it is about. */
  readonly named: PackageName;
  readonly enabled: boolean;
  /** The package of that hash, read and checked; or what is wrong with it; or nothing yet. */
  readonly found: PluginPackage | CroftError | undefined;
  readonly consent: Consent | undefined;
  readonly revocations: readonly Revocation[];
  /** Whether packages that nobody signed may run: in development only. */
  readonly allowUnsigned: boolean;
}

/** Judges one plugin. */
export function judgeInstalled(evidence: Evidence): Standing {
  const { found, consent } = evidence;
  if (found === undefined) return { name: "waiting" };
  const error =
    found instanceof CroftError
      ? found
      : (judgePackage(found, evidence) ?? judgeTrust(found, evidence));
  if (error) return { name: "refused", error };
  if (!evidence.enabled) return { name: "disabled" };
  return consent ? { name: "ready" } : { name: "unasked" };
}

/** Whether the package is the one that the list names. */
function judgePackage(
  { manifest, hash, publisher }: PluginPackage,
  { id, named }: Evidence,
): CroftError | undefined {
  const same =
    manifest.id === id &&
    hash === named.hash &&
    manifest.version === named.version &&
    (publisher ?? "") === named.publisher;
  if (same) return undefined;
  return new CroftError(
    "plugin/package",
    `The package of ${id} is not the one that was installed.`,
    {
      plugin: id,
      hint: "Install it again from where its publisher offers it.",
    },
  );
}

function judgeTrust(found: PluginPackage, evidence: Evidence): CroftError | undefined {
  const { consent, allowUnsigned } = evidence;
  const { id, version } = found.manifest;
  const publisher: string = found.publisher ?? "";
  const revoked = findRevocation(found, evidence.revocations);
  if (revoked) {
    const whose = revoked.target === "publisher" ? "its publisher's key" : "this version";
    return new CroftError(
      "plugin/revoked",
      `${id} does not run: ${whose} was revoked: ${revoked.reason}`,
      {
        plugin: id,
        hint: "Uninstall it, or install another version.",
      },
    );
  }
  if (publisher === "" && !allowUnsigned) {
    return new CroftError("plugin/signature", `Nobody signed ${id} ${version}.`, {
      plugin: id,
      hint: "Get it from its publisher, or allow unsigned plugins for development.",
    });
  }
  if (!consent) return undefined;
  if (consent.publisher !== publisher) {
    return new CroftError(
      "plugin/signature",
      `${id} ${version} comes from another publisher than the ${id} that you agreed to.`,
      { plugin: id, hint: "Find out why before you agree to it anew." },
    );
  }
  if (compareVersions(version, consent.version) < 0) {
    return new CroftError(
      "plugin/downgrade",
      `${id} ${version} is older than ${consent.version}, which ran here before.`,
      { plugin: id, hint: "Roll back yourself if you want the older one." },
    );
  }
  return undefined;
}

function findRevocation(
  { hash, publisher }: PluginPackage,
  revocations: readonly Revocation[],
): Revocation | undefined {
  return revocations.find(({ id, target }) =>
    target === "publisher" ? id === publisher : id === hash,
  );
}

/**
 * What a plugin asks for that it did not ask for when the person was asked last. What is optional it asks for
 * itself, when it needs it.
 */
export function newlyAsked(
  { permissions }: Pick<PluginManifest, "permissions">,
  before: StoredGrants | undefined,
): PluginManifest["permissions"] {
  const required = requiredOf(permissions);
  if (!before) return required;
  const known = parsePermissions(before);
  return listsOf<AskedKinds>((kind) => {
    const { isWithin } = KINDS[kind];
    return required[kind].filter((asked) => !known[kind].some((grant) => isWithin(asked, grant)));
  });
}

/** Whether an update that may run is to wait, by the application's policy, and for what. */
export function judgeUpdate(
  {
    named,
    manifest,
    consent,
    now,
  }: {
    readonly named: ListedPackage;
    readonly manifest: PluginManifest;
    readonly consent: Consent;
    readonly now: number;
  },
  { minAge = 0, onceAgreed = false }: UpdatePolicy,
): Standing | undefined {
  const { version } = manifest;
  // Who agreed to it, or has had it running, need not wait.
  const isKnown = [consent.agreed ?? consent.version, consent.version].some(
    (known) => compareVersions(version, known) <= 0,
  );
  if (isKnown) return undefined;
  if (onceAgreed && !isNothing(newlyAsked(manifest, consent.asked))) return { name: "unasked" };
  // Who says that it came tomorrow does not make it wait longer than what comes now.
  const until = Math.min(named.addedAt, now) + minAge;
  return until > now ? { name: "young", until } : undefined;
}
