/** The documents that say what is installed here, and what the person agreed to: opened, and written to. */

import {
  type Clock,
  CroftError,
  type DocumentHandle,
  type Unsubscribe,
  type Workspace,
} from "@croft/core";
import { type Collection, openCollection, type SetView, transact } from "@croft/core/collection";
import {
  type Consent,
  consentDefinition,
  consentPath,
  INSTALLED_PATH,
  installedDefinition,
  type InstalledRecord,
  revocationDefinition,
  uninstalledDefinition,
} from "./records.ts";

/** See the top of this file. */
export class InstalledList {
  readonly clock: Clock;
  readonly user: string;
  /** The document for everybody. */
  readonly shared: DocumentHandle;
  readonly own: DocumentHandle;
  readonly installed: Collection<typeof installedDefinition.shape>;
  readonly uninstalled: Collection<typeof uninstalledDefinition.shape>;
  readonly revocations: Collection<typeof revocationDefinition.shape>;
  readonly consents: Collection<typeof consentDefinition.shape>;
  /** Claims of this device that ended half way: it need not wait to take over from itself. */
  readonly unfinished: Set<string> = new Set();

  constructor(workspace: Pick<Workspace, "open" | "user">, clock: Clock) {
    this.clock = clock;
    this.user = workspace.user;
    this.shared = workspace.open(INSTALLED_PATH);
    this.own = workspace.open(consentPath(workspace.user));
    this.installed = openCollection(this.shared, installedDefinition);
    this.uninstalled = openCollection(this.shared, uninstalledDefinition);
    this.revocations = openCollection(this.shared, revocationDefinition);
    this.consents = openCollection(this.own, consentDefinition);
  }

  async ready(): Promise<void> {
    await Promise.all([this.shared.ready, this.own.ready]);
  }

  onChange(listener: () => void): Unsubscribe {
    const stops = this.#collections.map((collection) => collection.onChange(listener));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** @throws CroftError `plugin/unknown` when it is not installed. */
  get(id: string): InstalledRecord {
    const record = this.installed.get(id);
    if (record) return record;
    throw new CroftError("plugin/unknown", `${id} is not installed.`, {
      plugin: id,
      hint: "Install it first; it may have been uninstalled on another device.",
    });
  }

  setConsent(id: string, consent: Consent): void {
    if (this.consents.has(id)) this.consents.update(id, consent);
    else this.consents.insert({ id, ...consent });
  }

  /** Writes what is for everybody as one change. */
  write(changes: () => void): void {
    transact(this.shared, changes);
  }

  set(id: string, field: "packages" | "claims" | "snapshots"): SetView<string> {
    return this.installed.set(id, field);
  }

  /** Says in which version a plugin's documents are written now. */
  setDataVersion(id: string, version: number): void {
    const versions = this.installed.set(id, "data");
    for (const other of versions.values) if (other !== version) versions.delete(other);
    versions.add(version);
  }

  /** Resolves when what was written here is on the disk. */
  async saved(): Promise<void> {
    await Promise.all([this.shared.saved("device"), this.own.saved("device")]);
  }

  dispose(): void {
    for (const collection of this.#collections) collection.dispose();
    this.shared.close();
    this.own.close();
  }

  get #collections() {
    return [this.installed, this.uninstalled, this.revocations, this.consents] as const;
  }
}
