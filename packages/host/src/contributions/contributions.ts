/**
 * What all plugins of a host contribute: lists for the application's palette, menus, forms and bars, and the calls into
 * plugins. What manifests declare is there while a plugin is registered, what plugins do about it while they are active.
 */

import {
  type Access,
  allows,
  type Clock,
  createEmitter,
  CroftError,
  type DocPath,
  type Emitter,
  isDocPath,
  matchesPattern,
  parseDocPath,
  parsePattern,
  toCroftError,
} from "@croft/core";
import {
  type PluginManifest,
  problemOfSetting,
  type SettingContribution,
  type SettingValue,
} from "@croft/plugin";
import type { ExportedFile, ImportResult } from "@croft/plugin";
import {
  check,
  copyPlainData,
  exportInput,
  type HandlerKind,
  importInput,
  MAX_COMMAND_BYTES,
} from "@croft/plugin/remote";
import type { HostedWorkspace } from "../plugin-host.ts";
import { pluginThrew, pluginUnprepared, UNKNOWN_HINT } from "../plugin-error.ts";
import type { Command, HostCommands } from "./commands.ts";
import { Contributor } from "./contributor.ts";
import {
  type Exporter,
  type HostExporters,
  type HostImporters,
  type Imported,
  type Importer,
  readsFile,
} from "./files.ts";
import { createObservedList } from "./observed-list.ts";
import type { HostSettings } from "./settings.ts";
import { SettingsDocuments } from "./settings-documents.ts";
import { describeSettings, effectiveValue, type SettingField } from "./settings-form.ts";
import type { HostStatus, StatusItem } from "./status.ts";

/** Options of {@link Contributions}. */
export interface ContributionsOptions {
  readonly workspace: HostedWorkspace;
  readonly clock: Clock;
  /** Whether calls start no plugin. */
  readonly safeMode: boolean;
  /** Activates a plugin, since something of it is called. */
  readonly wake: (plugin: string) => Promise<void>;
  readonly onProblem: (problem: CroftError) => void;
}

/** See the top of this file. */
export class Contributions {
  readonly commands: HostCommands;
  readonly settings: HostSettings;
  readonly status: HostStatus;
  readonly importers: HostImporters;
  readonly exporters: HostExporters;
  readonly #options: ContributionsOptions;
  readonly #plugins = new Map<string, Contributor>();
  readonly #documents: SettingsDocuments;
  readonly #forms = new Map<string, readonly SettingField[]>();
  readonly #settingsChanges: Emitter<string> = createEmitter();
  readonly #lists = {
    command: createObservedList<Command>(() => this.#each(commandsOf)),
    status: createObservedList<StatusItem>(() => this.#each(statusOf)),
    importer: createObservedList<Importer>(() => this.#each(importersOf)),
    exporter: createObservedList<Exporter>(() => this.#each(exportersOf)),
  };
  #disposed = false;

  constructor(options: ContributionsOptions) {
    this.#options = options;
    this.#documents = new SettingsDocuments(
      options.workspace,
      (plugins) => this.#settingsChanged(plugins),
      () => this.#settingsChanged(new Set(this.#plugins.keys())),
    );
    const { command: commands, status, importer: importers, exporter: exporters } = this.#lists;
    this.commands = {
      list: () => commands.list(),
      onChange: (listener) => commands.onChange(listener),
      run: async (name, args, callOptions = {}) => {
        const { handlers } = this.#find("command", name);
        const copy = copyPlainData(args, MAX_COMMAND_BYTES, `The arguments of ${name}`);
        return handlers.call("command", name, copy, callOptions);
      },
    };
    this.status = {
      list: () => status.list(),
      onChange: (listener) => status.onChange(listener),
    };
    this.importers = {
      list: () => importers.list(),
      onChange: (listener) => importers.onChange(listener),
      matching: (file) => importers.list().filter((importer) => readsFile(importer, file)),
      run: async (name, file, callOptions = {}) => {
        const { handlers, manifest } = this.#find("importer", name);
        const checked = check(importInput, { ...file }, "The file");
        // Checked where it came out of the plugin's handler.
        const result = (await handlers.call(
          "importer",
          name,
          checked,
          callOptions,
        )) as ImportResult;
        return this.#imported(manifest, name, result);
      },
    };
    this.exporters = {
      list: () => exporters.list(),
      onChange: (listener) => exporters.onChange(listener),
      matching: (path) => {
        const of = parseDocPath(path);
        return exporters
          .list()
          .filter(({ documents }) => matchesPattern(parsePattern(documents), of));
      },
      run: async (name, text, callOptions = {}) => {
        const { handlers, manifest } = this.#find("exporter", name);
        const path = parseDocPath(text);
        this.#mayRead(manifest.id, path);
        const input = check(exportInput, { path }, "The document");
        return (await handlers.call("exporter", name, input, callOptions)) as ExportedFile;
      },
    };
    this.settings = this.#createSettings();
  }

  /** A plugin is registered. */
  add(manifest: PluginManifest): Contributor {
    const { id, contributes } = manifest;
    const contributor: Contributor = new Contributor({
      manifest,
      clock: this.#options.clock,
      safeMode: this.#options.safeMode,
      wake: () => this.#options.wake(id),
      getSetting: (name) => this.#valueOf(id, settingOf(manifest, name)),
      onChange: (kind) => (kind ? this.#lists[kind].touch() : this.#touch()),
      onProblem: this.#options.onProblem,
    });
    this.#plugins.set(id, contributor);
    // Read ahead: they are there when it is activated.
    if (contributes.settings.length > 0) this.#openSettings();
    this.#touch();
    return contributor;
  }

  /** A plugin is unregistered. */
  remove(id: string): void {
    this.#plugins.get(id)?.end();
    this.#plugins.delete(id);
    this.#forms.delete(id);
    this.#touch();
  }

  /** Resolves when a plugin's settings are there to be read. @throws CroftError with why they are not. */
  async prepare({ id, contributes }: PluginManifest): Promise<void> {
    if (contributes.settings.length === 0) return;
    try {
      await this.#documents.open();
    } catch (error) {
      throw pluginUnprepared(id, error);
    }
    this.#plugins.get(id)?.rememberSettings();
  }

  dispose(): void {
    this.#disposed = true;
    for (const id of [...this.#plugins.keys()]) this.remove(id);
    this.#documents.dispose();
    this.#settingsChanges.clear();
    for (const list of Object.values(this.#lists)) list.dispose();
  }

  #createSettings(): HostSettings {
    const documents = this.#documents;
    const find = (plugin: string, name: string): SettingContribution =>
      settingOf(this.#get(plugin).manifest, name);
    return {
      get ready() {
        return documents.open();
      },
      form: (plugin) => {
        const { manifest } = this.#get(plugin);
        this.#openSettings();
        const form =
          this.#forms.get(plugin) ??
          describeSettings(manifest, {
            get: ({ scope, name }) => documents.get(scope, plugin, name),
            isWritable: (scope) => documents.isWritable(scope),
          });
        this.#forms.set(plugin, form);
        return form;
      },
      get: (plugin, name) => this.#valueOf(plugin, find(plugin, name)),
      set: async (plugin, name, value) => {
        const setting = find(plugin, name);
        const problem = value === undefined ? undefined : problemOfSetting(setting, value);
        if (problem !== undefined) {
          const message = `${setting.title} (${plugin}) cannot be set: it ${problem}.`;
          throw new CroftError("input/invalid", message, {
            plugin,
            hint: "Give another value, or `undefined` for the default.",
          });
        }
        await documents.set(setting.scope, plugin, name, value);
      },
      onChange: (listener) => this.#settingsChanges.on(listener),
    };
  }

  /** Begins to read them, once: what failed is tried again by whoever needs it. */
  #openSettings(): void {
    if (this.#documents.failed) return;
    this.#documents.open().catch((error: unknown) => {
      this.#options.onProblem(toCroftError(error, "store/failed", "The settings of plugins"));
    });
  }

  #valueOf(plugin: string, setting: SettingContribution): SettingValue {
    return effectiveValue(setting, this.#documents.get(setting.scope, plugin, setting.name));
  }

  #settingsChanged(plugins: ReadonlySet<string>): void {
    for (const id of plugins) {
      const contributor = this.#plugins.get(id);
      if (!contributor || contributor.manifest.contributes.settings.length === 0) continue;
      this.#forms.delete(id);
      contributor.tellSettings();
      this.#settingsChanges.emit(id);
    }
  }

  #mayRead(plugin: string, path: DocPath): void {
    if (allows(this.#accessOf(plugin, path), "read")) return;
    throw new CroftError("access/denied", `${plugin} may not read ${path}.`, {
      plugin,
      path,
      hint: "Grant it that, or export with another plugin.",
    });
  }

  #imported({ id }: PluginManifest, name: string, { paths }: ImportResult): Imported {
    const made = paths
      .filter(isDocPath)
      .filter((path) => allows(this.#accessOf(id, path), "write"));
    if (made.length === paths.length) return { paths: made };
    const error = new Error("it tells of documents that it may not write");
    const problem = pluginThrew(id, `in the handler of ${name}`, error);
    this.#options.onProblem(problem);
    throw problem;
  }

  #accessOf(plugin: string, path: DocPath): Access {
    const { user, gate } = this.#options.workspace;
    return gate.check({ user, plugin, grants: [] }, path).access;
  }

  #find(kind: HandlerKind, name: string): Contributor {
    this.#use();
    for (const contributor of this.#plugins.values()) {
      const { contributes } = contributor.manifest;
      if (contributes[`${kind}s`].some((each) => each.name === name)) return contributor;
    }
    throw new CroftError(
      "contribution/unknown",
      `No registered plugin contributes the ${kind} ${JSON.stringify(name)}.`,
      { hint: "Its plugin may have been removed, or is not on this device yet." },
    );
  }

  #get(plugin: string): Contributor {
    this.#use();
    const contributor = this.#plugins.get(plugin);
    if (contributor) return contributor;
    const message = `No plugin ${JSON.stringify(plugin)} is registered.`;
    throw new CroftError("plugin/unknown", message, { plugin, hint: UNKNOWN_HINT });
  }

  #use(): void {
    if (this.#disposed) throw new CroftError("disposed", "The plugin host was disposed.");
  }

  #each<T>(of: (contributor: Contributor) => readonly T[]): readonly T[] {
    return [...this.#plugins.values()].flatMap(of);
  }

  #touch(): void {
    for (const list of Object.values(this.#lists)) list.touch();
  }
}

function commandsOf(contributor: Contributor): readonly Command[] {
  const { id, name: pluginName, contributes } = contributor.manifest;
  return contributes.commands.map(({ name, title, category, shortcut }) => ({
    name,
    title,
    category,
    plugin: id,
    pluginName,
    shortcut,
    enabled: contributor.isEnabled("command", name),
  }));
}

function statusOf({ manifest: { id, contributes }, status }: Contributor): readonly StatusItem[] {
  return contributes.status.flatMap(({ name, title }) => {
    const content = status.get(name);
    if (!content) return [];
    const { text, tooltip, command } = content;
    return [{ name, title, plugin: id, text, tooltip, command }];
  });
}

function importersOf(contributor: Contributor): readonly Importer[] {
  const { id, name: pluginName, contributes } = contributor.manifest;
  return contributes.importers.map((importer) => ({
    ...importer,
    plugin: id,
    pluginName,
    enabled: contributor.isEnabled("importer", importer.name),
  }));
}

function exportersOf(contributor: Contributor): readonly Exporter[] {
  const { id, name: pluginName, contributes } = contributor.manifest;
  return contributes.exporters.map(({ documents = parsePattern(`${id}/**`), ...exporter }) => ({
    ...exporter,
    documents,
    plugin: id,
    pluginName,
    enabled: contributor.isEnabled("exporter", exporter.name),
  }));
}

function settingOf(manifest: PluginManifest, name: string): SettingContribution {
  const { id, contributes } = manifest;
  const setting = contributes.settings.find((each) => each.name === name);
  if (setting) return setting;
  const message = `${id} contributes no setting ${JSON.stringify(name)}.`;
  const names = contributes.settings.map((each) => each.name).join(", ");
  throw new CroftError("contribution/unknown", message, {
    plugin: id,
    hint: names ? `It has: ${names}.` : "It has none; its manifest would list them.",
  });
}
