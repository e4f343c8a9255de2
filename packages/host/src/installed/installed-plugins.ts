/**
 * What is installed in a workspace, kept running on this device: every device follows the same list, judges each package by
 * itself, and runs what its person agreed to. All of it works without a network; what is changed here syncs like
 * any other document.
 */

import {
  createEmitter,
  CroftError,
  type Disposable,
  type DocumentHandle,
  toCroftError,
  type Unsubscribe,
  type Workspace,
} from "@croft/core";
import { type Collection, createRecordId, openCollection, transact } from "@croft/core/collection";
import type { AskedPermissions, Plugin, PluginManifest } from "@croft/plugin";
import { type PluginPackage, readPackage } from "@croft/plugin/package";
import {
  addPermissions,
  type GrantedPermissions,
  keepAsked,
  NOTHING_GRANTED,
  type Permissions,
} from "../permissions.ts";
import type { HostedWorkspace, PluginHost } from "../plugin-host.ts";
import { judgeInstalled, newlyAsked, type Standing } from "./judge-installed.ts";
import { type Offer, offerOf } from "./offer.ts";
import { PackageShelf } from "./package-shelf.ts";
import { savePackage } from "./package-documents.ts";
import {
  choosePackage,
  type Consent,
  consentDefinition,
  consentPath,
  INSTALLED_PATH,
  installedDefinition,
  type InstalledRecord,
  memberOf,
  type PackageName,
  revocationDefinition,
  type Revocation,
  type StoredGrants,
} from "./records.ts";

/** What a loader gets beside the package. */
export interface LoaderContext {
  readonly workspace: HostedWorkspace;
  readonly host: PluginHost;
}

/** Options of {@link followInstalled}. */
export interface InstalledPluginsOptions {
  readonly workspace: HostedWorkspace & Pick<Workspace, "open">;
  readonly host: PluginHost;
  /** Makes of a package what a host can register: decides where its code runs. {@link loadTrusted} is one. */
  readonly load: (found: PluginPackage, context: LoaderContext) => Promise<Plugin>;
  /** Whether packages that nobody signed may run, for development. Default false. */
  readonly allowUnsigned?: boolean | undefined;
  /** Told of what goes wrong with a plugin, which `problem.plugin` names. Default: the console. */
  readonly onProblem?: ((problem: CroftError) => void) | undefined;
}

/** An installed plugin, as this device and its person have it. */
export interface InstalledPlugin {
  readonly id: string;
  readonly record: InstalledRecord;
  /** Which of its packages counts for this person. */
  readonly package: PackageName | undefined;
  /** Of that package; `undefined` while it is not here, or cannot be read. */
  readonly manifest: PluginManifest | undefined;
  readonly standing: Standing;
  /** What this person granted it. */
  readonly granted: StoredGrants;
  /** What it asks for, and this person was not asked yet. */
  readonly asks: AskedPermissions;
}

/** See the top of this file. */
export interface InstalledPlugins extends Disposable {
  /** What is installed, ordered by id; the same array until something changes. */
  list(): readonly InstalledPlugin[];
  /** Tells of every change of {@link InstalledPlugins.list}. */
  onChange(listener: (plugins: readonly InstalledPlugin[]) => void): Unsubscribe;
  /**
   * Reads a package, and says what it would mean to install it. Changes nothing.
   *
   * @throws CroftError what `readPackage` throws.
   */
  examine(bytes: Uint8Array): Promise<Offer>;
  /**
   * Installs what was offered, for everybody in the workspace, and agrees to it for this person. Resolves when it is on this
   * device's disk; others get it as they get any document.
   *
   * @throws CroftError the offer's `refused`; `access/denied` when this person may not install anything here;
   *   `input/invalid` for a grant of what it does not ask for.
   */
  install(offer: Offer, granted: Permissions): Promise<void>;
  /**
   * Agrees to an installed plugin for this person, or to what it asks for since an update: what is granted now counts,
   * and nothing that was granted before.
   *
   * @throws CroftError `plugin/unknown` when it is not installed or not here yet; `input/invalid` for a grant of
   *   what it does not ask for.
   */
  agree(id: string, granted: Permissions): Promise<void>;
  /** Switches a plugin on or off, for everybody. @throws CroftError `plugin/unknown`, `access/denied`. */
  setEnabled(id: string, enabled: boolean): Promise<void>;
  /**
   * Takes a plugin off the list, for everybody. Its data stays where it is.
   *
   * @throws CroftError `plugin/unknown`, `access/denied`.
   */
  uninstall(id: string): Promise<void>;
  /**
   * Says that a publisher's key, or one package, must not run any more, for everybody and from now on.
   *
   * @throws CroftError `access/denied`.
   */
  revoke(revocation: Revocation): Promise<void>;
}

/**
 * Follows the list of what is installed, and keeps it running in a host. Resolves when what is on this device's disk was
 * judged; what may run is registered then.
 *
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * const installed = await followInstalled({ workspace, host, load: loadTrusted });
 * const response = await fetch("https://example.com/stats-1.0.0.croft");
 * const offer = await installed.examine(new Uint8Array(await response.arrayBuffer()));
 * await installed.install(offer, offer.manifest.permissions); // once the person agreed
 * ```
 */
export async function followInstalled(options: InstalledPluginsOptions): Promise<InstalledPlugins> {
  const followed = new FollowedPlugins(options);
  try {
    await followed.start();
  } catch (error) {
    await followed.dispose();
    throw error;
  }
  return followed;
}

class FollowedPlugins implements InstalledPlugins {
  readonly #options: InstalledPluginsOptions;
  readonly #shared: DocumentHandle;
  readonly #own: DocumentHandle;
  readonly #installed: Collection<typeof installedDefinition.shape>;
  readonly #revocations: Collection<typeof revocationDefinition.shape>;
  readonly #consents: Collection<typeof consentDefinition.shape>;
  readonly #shelf: PackageShelf;
  readonly #changes = createEmitter<readonly InstalledPlugin[]>();
  readonly #stops: Unsubscribe[] = [];
  /** What runs here, by plugin: the hash of the package that was registered. */
  readonly #registered = new Map<string, string>();
  /** Packages of which the code could not be loaded; they are not tried again until the application starts anew. */
  readonly #unloadable = new Map<string, CroftError>();
  #list: readonly InstalledPlugin[] = [];
  /** One after the other: what is judged is done before it is judged again. */
  #settling: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(options: InstalledPluginsOptions) {
    const { workspace } = options;
    this.#options = options;
    this.#shared = workspace.open(INSTALLED_PATH);
    this.#own = workspace.open(consentPath(workspace.user));
    this.#installed = openCollection(this.#shared, installedDefinition);
    this.#revocations = openCollection(this.#shared, revocationDefinition);
    this.#consents = openCollection(this.#own, consentDefinition);
    this.#shelf = new PackageShelf(workspace, () => this.#changed());
  }

  async start(): Promise<void> {
    await Promise.all([this.#shared.ready, this.#own.ready]);
    for (const collection of [this.#installed, this.#revocations, this.#consents]) {
      this.#stops.push(collection.onChange(() => this.#changed()));
    }
    await this.#settle();
  }

  list(): readonly InstalledPlugin[] {
    return this.#list;
  }

  onChange(listener: (plugins: readonly InstalledPlugin[]) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  async examine(bytes: Uint8Array): Promise<Offer> {
    const found = await readPackage(bytes);
    const { id } = found.manifest;
    const { allowUnsigned = false } = this.#options;
    return offerOf(bytes, found, {
      record: this.#installed.get(id),
      consent: this.#consents.get(id),
      revocations: this.#revocations.all(),
      allowUnsigned,
    });
  }

  async install(offer: Offer, granted: Permissions): Promise<void> {
    const { package: found, bytes, refused } = offer;
    if (refused) throw refused;
    const { id, version } = found.manifest;
    const consent = consentTo(found, granted);
    const { workspace } = this.#options;
    await savePackage(workspace, found.hash, bytes);
    const member = memberOf({ version, hash: found.hash, publisher: found.publisher ?? "" });
    const record = this.#installed.get(id);
    if (record) {
      const packages = this.#installed.set(id, "packages");
      transact(this.#shared, () => {
        packages.add(member);
        for (const former of record.packages) if (former !== member) packages.delete(former);
      });
    } else {
      this.#installed.insert({
        id,
        packages: [member],
        enabled: true,
        generation: createRecordId(),
        installedBy: workspace.user,
        installedAt: Date.now(),
      });
    }
    this.#setConsent(id, consent);
    await this.#saved();
  }

  async agree(id: string, granted: Permissions): Promise<void> {
    const named = choosePackage(this.#get(id), this.#consents.get(id)?.publisher);
    const found = named && (await this.#shelf.get(named.hash));
    if (found === undefined) throw notInstalled(id, "is not on this device yet");
    if (found instanceof CroftError) throw found;
    this.#setConsent(id, consentTo(found, granted));
    await this.#saved();
  }

  async setEnabled(id: string, enabled: boolean): Promise<void> {
    this.#get(id);
    this.#installed.update(id, { enabled });
    await this.#saved();
  }

  async uninstall(id: string): Promise<void> {
    this.#get(id);
    this.#installed.delete(id);
    await this.#saved();
  }

  async revoke({ id, target, reason }: Revocation): Promise<void> {
    if (this.#revocations.has(id)) this.#revocations.update(id, { target, reason });
    else this.#revocations.insert({ id, target, reason });
    await this.#saved();
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const stop of this.#stops) stop();
    this.#changes.clear();
    await this.#settling;
    this.#shelf.dispose();
    for (const collection of [this.#installed, this.#revocations, this.#consents]) {
      collection.dispose();
    }
    this.#shared.close();
    this.#own.close();
  }

  #get(id: string): InstalledRecord {
    const record = this.#installed.get(id);
    if (record) return record;
    throw notInstalled(id, "is not installed");
  }

  #setConsent(id: string, consent: Consent): void {
    if (this.#consents.has(id)) this.#consents.update(id, consent);
    else this.#consents.insert({ id, ...consent });
  }

  /** Resolves when what was written here is on the disk, and done. */
  async #saved(): Promise<void> {
    await Promise.all([this.#shared.saved("device"), this.#own.saved("device")]);
    await this.#settle();
  }

  #changed(): void {
    if (this.#disposed) return;
    this.#settle().catch((error: unknown) => {
      this.#tell(toCroftError(error, "plugin/failed", "Installed plugins cannot be followed"));
    });
  }

  async #settle(): Promise<void> {
    this.#again = true;
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = undefined;
    });
    await this.#settling;
  }

  async #settleAll(): Promise<void> {
    while (this.#again && !this.#disposed) {
      this.#again = false;
      const plugins: InstalledPlugin[] = [];
      for (const record of this.#installed.all()) plugins.push(await this.#settleOne(record));
      const there = new Set(plugins.map(({ id }) => id));
      for (const id of [...this.#registered.keys()]) if (!there.has(id)) await this.#end(id);
      this.#shelf.keep(plugins.flatMap((plugin) => plugin.package?.hash ?? []));
      this.#list = Object.freeze(plugins);
      this.#changes.emit(this.#list);
    }
  }

  async #settleOne(record: InstalledRecord): Promise<InstalledPlugin> {
    const { id } = record;
    const { allowUnsigned = false } = this.#options;
    const consent = this.#consents.get(id);
    const named = choosePackage(record, consent?.publisher);
    const found = named ? await this.#shelf.get(named.hash) : unreadable(id);
    let standing: Standing = { name: "waiting" };
    if (found instanceof CroftError) standing = { name: "refused", error: found };
    else if (named) {
      const { enabled } = record;
      const revocations = this.#revocations.all();
      const evidence = { id, named, enabled, found, consent, revocations, allowUnsigned };
      standing = judgeInstalled(evidence);
    }
    const read = found instanceof CroftError ? undefined : found;
    if (standing.name === "ready" && read && consent) {
      const error = await this.#run(read, consent);
      if (error) standing = { name: "refused", error };
    } else if (standing.name !== "waiting") {
      // What ran goes on until what comes in its place is here.
      await this.#end(id);
    }
    return {
      id,
      record,
      package: named,
      manifest: read?.manifest,
      standing,
      granted: consent?.granted ?? { documents: [], events: [] },
      asks: read ? newlyAsked(read.manifest, consent?.asked) : { documents: [], events: [] },
    };
  }

  /** Has a package registered with what was granted; returns what is in the way, if something is. */
  async #run(found: PluginPackage, { granted }: Consent): Promise<CroftError | undefined> {
    const { hash, manifest } = found;
    const { id } = manifest;
    const { host, load, workspace } = this.#options;
    const known = this.#unloadable.get(hash);
    if (known) return known;
    if (this.#registered.get(id) !== hash) {
      await this.#end(id);
      try {
        const plugin = await load(found, { workspace, host });
        if (this.#disposed) return undefined;
        host.register(plugin);
      } catch (cause) {
        const error = toCroftError(
          cause,
          "plugin/failed",
          `${id} ${manifest.version} cannot be loaded`,
        );
        this.#unloadable.set(hash, error);
        this.#tell(error);
        return error;
      }
      this.#registered.set(id, hash);
    }
    setGranted(host, id, keepAsked(granted, manifest));
    return undefined;
  }

  async #end(id: string): Promise<void> {
    if (!this.#registered.delete(id)) return;
    await this.#options.host.unregister(id);
  }

  #tell(problem: CroftError): void {
    const { onProblem = (each) => console.error(each.message, each) } = this.#options;
    onProblem(problem);
  }
}

/** Has a plugin granted just this; what is granted already is not touched, and so never gone in between. */
function setGranted(host: PluginHost, id: string, wanted: GrantedPermissions): void {
  const { granted = NOTHING_GRANTED } = host.list().find((plugin) => plugin.id === id) ?? {};
  const { documents, events } = granted;
  const superfluous = {
    documents: documents.filter(
      ({ pattern }) => !wanted.documents.some((grant) => grant.pattern === pattern),
    ),
    events: events.filter(
      ({ topic, direction }) =>
        !wanted.events.some((grant) => grant.topic === topic && grant.direction === direction),
    ),
  };
  if (superfluous.documents.length + superfluous.events.length > 0) host.revoke(id, superfluous);
  const isGranted =
    wanted.documents.every(({ pattern, access }) =>
      documents.some((grant) => grant.pattern === pattern && grant.access === access),
    ) && wanted.events.length === events.length - superfluous.events.length;
  if (!isGranted) host.grant(id, wanted);
}

function consentTo({ manifest, publisher }: PluginPackage, granted: Permissions): Consent {
  return {
    publisher: publisher ?? "",
    version: manifest.version,
    granted: addPermissions(NOTHING_GRANTED, granted, manifest),
    asked: {
      documents: manifest.permissions.documents.map(({ pattern, access }) => ({ pattern, access })),
      events: manifest.permissions.events.map(({ topic, direction }) => ({ topic, direction })),
    },
  };
}

function unreadable(id: string): CroftError {
  return new CroftError("plugin/package", `What is installed of ${id} cannot be read.`, {
    plugin: id,
    hint: "Install it again.",
  });
}

function notInstalled(id: string, what: string): CroftError {
  return new CroftError("plugin/unknown", `${id} ${what}.`, { plugin: id });
}
