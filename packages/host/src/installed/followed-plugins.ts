/** See `followInstalled`: judges what is installed whenever something changes, and does what a person asks for. */

import {
  createEmitter,
  CroftError,
  systemClock,
  toCroftError,
  type Unsubscribe,
} from "@croft/core";
import { type AskedKinds, type AskedPermissions, compareVersions } from "@croft/plugin";
import { readPackage } from "@croft/plugin/package";
import { listsOf } from "@croft/plugin/remote";
import { guarded } from "../guarded.ts";
import { addPermissions, keepAsked, NOTHING_GRANTED, type Permissions } from "../permissions.ts";
import { pluginTrouble } from "../plugin-error.ts";
import { addPackage, removePlugin } from "./change-list.ts";
import { ClaimedError } from "./claim.ts";
import { consentTo } from "./consent-to.ts";
import { exportData, importData } from "./exported-data.ts";
import { InstalledList } from "./installed-list.ts";
import type {
  InstalledPlugin,
  InstalledPlugins,
  InstalledPluginsOptions,
  WaitingUpdate,
} from "./installed-plugins.ts";
import { newlyAsked } from "./judge-installed.ts";
import { loadInTime } from "./load-in-time.ts";
import { Migrations } from "./migrations.ts";
import { type Offer, offerOf } from "./offer.ts";
import { type Judged, PackageJudge, packageOf } from "./package-judge.ts";
import { PackageShelf } from "./package-shelf.ts";
import {
  type Consent,
  type InstalledRecord,
  orderPackages,
  packagePath,
  type Revocation,
} from "./records.ts";
import { RemovedData } from "./removed-data.ts";
import { rollBack } from "./roll-back.ts";
import { RunningPlugins } from "./running-plugins.ts";
import { createSettler } from "./settler.ts";
import { saveBytes } from "./stored-bytes.ts";
import { WakeUp } from "./wake-up.ts";

const NOTHING_ASKED: AskedPermissions = listsOf<AskedKinds>(() => []);

/** See the top of this file. */
export class FollowedPlugins implements InstalledPlugins {
  readonly #options: InstalledPluginsOptions;
  readonly #list: InstalledList;
  readonly #shelf: PackageShelf;
  readonly #running: RunningPlugins;
  readonly #migrations: Migrations;
  readonly #removed: RemovedData;
  readonly #wakeUp: WakeUp;
  readonly #judge: PackageJudge;
  readonly #changes = createEmitter<readonly InstalledPlugin[]>();
  readonly #stops: Unsubscribe[] = [];
  readonly #ending = new AbortController();
  #plugins: readonly InstalledPlugin[] = [];
  /** One after the other: what is judged is done before it is judged again. */
  readonly #settler = createSettler(() => this.#settleAll());
  #disposing: Promise<void> | undefined;

  constructor(options: InstalledPluginsOptions) {
    const { workspace, host, clock = systemClock } = options;
    const onProblem = (problem: CroftError): void => this.#tell(problem);
    const changed = (): void => this.#changed();
    const { signal } = this.#ending;
    const load = loadInTime(options.load, clock, signal);
    this.#options = options;
    this.#list = new InstalledList(workspace, clock);
    const change = { workspace, list: this.#list, signal };
    this.#shelf = new PackageShelf(workspace, changed);
    this.#running = new RunningPlugins({ workspace, host, load, signal, onProblem });
    this.#migrations = new Migrations({ ...change, load, clock }, { changed, onProblem });
    this.#removed = new RemovedData(change, onProblem);
    this.#wakeUp = new WakeUp(clock, changed);
    this.#judge = new PackageJudge({
      options,
      list: this.#list,
      shelf: this.#shelf,
      migrations: this.#migrations,
      wakeUp: this.#wakeUp,
    });
  }

  async start(): Promise<void> {
    await this.#list.ready();
    const { host, workspace } = this.#options;
    const { sync } = workspace;
    this.#stops.push(
      host.onRequestGranted(({ plugin, permissions }) => this.#keepRequested(plugin, permissions)),
      this.#list.onChange(() => this.#changed()),
      sync.onState(({ name }) => {
        if (name === "online") this.#changed();
      }),
    );
    await this.#settler.settle();
  }

  list(): readonly InstalledPlugin[] {
    return this.#plugins;
  }

  onChange(listener: (plugins: readonly InstalledPlugin[]) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  async examine(bytes: Uint8Array): Promise<Offer> {
    this.#use();
    const found = await readPackage(bytes);
    const { id } = found.manifest;
    const { allowUnsigned = false } = this.#options;
    return offerOf(bytes, found, {
      record: this.#list.installed.get(id),
      consent: this.#list.consents.get(id),
      revocations: this.#list.revocations.all(),
      allowUnsigned,
    });
  }

  async install(offer: Offer, granted: Permissions): Promise<void> {
    this.#use();
    const { package: found, bytes, refused } = offer;
    if (refused) throw refused;
    const { id } = found.manifest;
    const list = this.#list;
    const record = list.installed.get(id);
    const before = list.consents.get(id);
    const consent = consentTo(found, granted, record && before?.version);
    await saveBytes(this.#options.workspace, packagePath(found.hash), bytes);
    addPackage(list, found, this.#plugins.find((plugin) => plugin.id === id)?.package);
    list.setConsent(id, consent);
    this.#retry(id);
    await this.#saved();
  }

  async agree(id: string, granted: Permissions): Promise<void> {
    this.#use();
    const before = this.#list.consents.get(id);
    const [named] = orderPackages(this.#list.get(id), before?.publisher);
    const found = named && (await this.#shelf.get(named.hash));
    if (found === undefined)
      throw unknown(id, "is not on this device yet", "Try it again when it has been synced.");
    if (found instanceof CroftError) throw found;
    // An update that did not run yet: what ran goes on until it does. What somebody rolled back to is agreed to anew.
    const { version } = found.manifest;
    const isNewer = before && compareVersions(version, before.version) > 0;
    this.#list.setConsent(id, consentTo(found, granted, isNewer ? before.version : undefined));
    this.#retry(id);
    await this.#saved();
  }

  async setEnabled(id: string, enabled: boolean): Promise<void> {
    this.#use();
    this.#list.get(id);
    this.#list.installed.update(id, { enabled });
    this.#running.retry(id);
    await this.#saved();
  }

  async rollBack(id: string): Promise<void> {
    this.#use();
    const list = this.#list;
    const record = list.get(id);
    const consent = list.consents.get(id);
    const named = this.#plugins.find((plugin) => plugin.id === id)?.former;
    const found = named && (await this.#shelf.get(named.hash));
    if (!named || !found || !consent) throw unknown(id, "has no earlier version to go back to");
    if (found instanceof CroftError) throw found;
    const agreed = consentTo(found, keepAsked(consent.granted, found.manifest), undefined);
    const standing = this.#judge.standing(record, { ...named, addedAt: 0 }, found, agreed);
    if (standing.name === "refused") throw standing.error;
    const { workspace } = this.#options;
    try {
      await rollBack(found, named, { workspace, list, signal: this.#ending.signal });
    } catch (error) {
      if (!(error instanceof ClaimedError)) throw error;
      throw new CroftError("plugin/migration", `Somebody else is changing the data of ${id} now.`, {
        plugin: id,
        hint: "Try again in a while.",
      });
    }
    list.setConsent(id, agreed);
    await this.#saved();
  }

  async uninstall(
    id: string,
    { data = "keep" }: { readonly data?: "keep" | "delete" | undefined } = {},
  ): Promise<void> {
    this.#use();
    removePlugin(this.#list, id, data);
    await this.#saved();
  }

  async exportData(id: string): Promise<Uint8Array> {
    this.#use();
    return exportData(id, this.#options.workspace, this.#list);
  }

  async importData(bytes: Uint8Array): Promise<number> {
    this.#use();
    const { workspace } = this.#options;
    const change = { workspace, list: this.#list, signal: this.#ending.signal };
    const count = await importData(bytes, change, (id) => {
      return this.#plugins.find((plugin) => plugin.id === id)?.manifest?.data;
    });
    await this.#saved();
    return count;
  }

  async revoke({ id, target, reason }: Revocation): Promise<void> {
    this.#use();
    const { revocations } = this.#list;
    if (revocations.has(id)) revocations.update(id, { target, reason });
    else revocations.insert({ id, target, reason });
    await this.#saved();
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#close();
    return this.#disposing;
  }

  async #close(): Promise<void> {
    this.#ending.abort(
      new CroftError("disposed", "The installed plugins are not followed any more.", {
        hint: "Follow them anew with `followInstalled`.",
      }),
    );
    for (const stop of this.#stops) stop();
    this.#changes.clear();
    this.#wakeUp.cancel();
    await this.#settler.idle();
    // What of it fails is told to whoever asked for it, and keeps nothing open.
    await Promise.allSettled([this.#migrations.ended(), this.#removed.ended()]);
    this.#shelf.dispose();
    this.#list.dispose();
  }

  #use(): void {
    this.#ending.signal.throwIfAborted();
  }

  /** What failed of a plugin for a reason that may be gone is tried again: a person asks for it. */
  #retry(id: string): void {
    this.#migrations.retry();
    this.#running.retry(id);
  }

  /** Resolves when what was written here is on the disk, and done. */
  async #saved(): Promise<void> {
    await this.#list.saved();
    await this.#settler.settle();
  }

  #changed(): void {
    if (this.#ending.signal.aborted) return;
    this.#settler.settle().catch((error: unknown) => {
      if (this.#ending.signal.aborted) return;
      this.#tell(toCroftError(error, "plugin/failed", "Installed plugins cannot be followed"));
    });
  }

  async #settleAll(): Promise<void> {
    // Whoever waits for it is not told that it is done.
    this.#use();
    this.#wakeUp.cancel();
    const plugins: InstalledPlugin[] = [];
    for (const record of this.#list.installed.all()) plugins.push(await this.#tryOne(record));
    await this.#endGone();
    // What was cut short says nothing about what is installed.
    this.#use();
    this.#removed.look();
    this.#wakeUp.at(this.#migrations.next);
    this.#shelf.keep(
      plugins.flatMap((plugin) =>
        [plugin.package, plugin.update?.package, plugin.former].flatMap(
          (named) => named?.hash ?? [],
        ),
      ),
    );
    this.#plugins = Object.freeze(plugins);
    this.#changes.emit(this.#plugins);
  }

  /** What goes wrong with one plugin is its own affair: the others are settled all the same. */
  async #tryOne(record: InstalledRecord): Promise<InstalledPlugin> {
    try {
      return await this.#settleOne(record);
    } catch (cause) {
      this.#use();
      const { id } = record;
      const error = pluginTrouble(id, "cannot be followed", cause);
      const before = this.#plugins.find((plugin) => plugin.id === id);
      // Said once, though it is tried again with whatever changes.
      const isKnown =
        before?.standing.name === "refused" && before.standing.error.message === error.message;
      if (!isKnown) this.#tell(error);
      // It may be otherwise than the person wants it, with more than it was granted.
      await this.#tryToEnd(id);
      return {
        id,
        package: before?.package,
        manifest: before?.manifest,
        asks: before?.asks ?? NOTHING_ASKED,
        update: before?.update,
        former: before?.former,
        granted: this.#list.consents.get(id)?.granted ?? NOTHING_GRANTED,
        record,
        standing: { name: "refused", error },
      };
    }
  }

  /** Ends what is not installed any more. */
  async #endGone(): Promise<void> {
    const { installed } = this.#list;
    for (const id of this.#running.ids) if (!installed.has(id)) await this.#tryToEnd(id);
  }

  async #tryToEnd(id: string): Promise<void> {
    try {
      await this.#running.end(id);
    } catch (cause) {
      this.#use();
      this.#tell(pluginTrouble(id, "cannot be ended", cause));
    }
  }

  /** Runs the newest package that may run; what is newer waits. */
  async #settleOne(record: InstalledRecord): Promise<InstalledPlugin> {
    const { id } = record;
    const consent = this.#list.consents.get(id);
    const packages = orderPackages(record, consent?.publisher);
    const judged: Judged[] = [];
    let runs: Judged | undefined;
    for (const [at, named] of packages.entries()) {
      let each = await this.#judge.listed(record, named, consent, at < packages.length - 1);
      if (each.standing.name === "ready") each = await this.#run(record, each, consent);
      judged.push(each);
      if (each.standing.name === "ready") runs = each;
      if (runs || each.standing.name === "disabled") break;
    }
    const [newest] = judged;
    // What ran goes on until what comes in its place is here.
    if (!runs && newest?.standing.name !== "waiting") await this.#running.end(id);
    const shown = runs ?? newest;
    const read = shown && packageOf(shown);
    return {
      id,
      record,
      package: shown?.named,
      manifest: read?.manifest,
      standing: shown?.standing ?? { name: "refused", error: unreadable(id) },
      granted: consent?.granted ?? NOTHING_GRANTED,
      asks: read ? newlyAsked(read.manifest, consent?.asked) : NOTHING_ASKED,
      update: newest && runs && newest !== runs ? waiting(newest, consent) : undefined,
      former: shown && packages[packages.indexOf(shown.named) + 1],
    };
  }

  /** What the person agreed to while a plugin ran counts the next time, too, and on their other devices. */
  #keepRequested(id: string, permissions: Permissions): void {
    const { consents } = this.#list;
    const consent = consents.get(id);
    const { manifest } = this.#options.host.list().find((plugin) => plugin.id === id) ?? {};
    if (!consent || !manifest || !this.#running.has(id)) return;
    const granted = addPermissions(keepAsked(consent.granted, manifest), permissions, manifest);
    consents.update(id, { granted });
  }

  async #run(
    record: InstalledRecord,
    judged: Judged,
    consent: Consent | undefined,
  ): Promise<Judged> {
    const found = packageOf(judged);
    if (!found || !consent) return judged;
    const limited = this.#judge.limitOf(record, found);
    const granted = () => this.#list.consents.get(record.id)?.granted ?? consent.granted;
    const error = await this.#running.run(found, granted, limited);
    if (error) return { ...judged, standing: { name: "refused", error } };
    const { id, version } = found.manifest;
    // From now on an older one is a downgrade.
    if (compareVersions(version, consent.version) > 0 && this.#list.consents.has(id)) {
      this.#list.consents.update(id, { version });
    }
    return { ...judged, standing: { name: "ready", limited } };
  }

  #tell(problem: CroftError): void {
    const { onProblem = (each) => console.error(each.message, each) } = this.#options;
    guarded(onProblem)(problem);
  }
}

function waiting(judged: Judged, consent: Consent | undefined): WaitingUpdate {
  const manifest = packageOf(judged)?.manifest;
  const { named, standing } = judged;
  const asks = manifest ? newlyAsked(manifest, consent?.asked) : NOTHING_ASKED;
  return { package: named, manifest, standing, asks };
}

function unreadable(id: string): CroftError {
  return new CroftError("plugin/package", `What is installed of ${id} cannot be read.`, {
    plugin: id,
    hint: "Install it again.",
  });
}

function unknown(id: string, what: string, hint?: string): CroftError {
  return new CroftError("plugin/unknown", `${id} ${what}.`, { plugin: id, hint });
}
