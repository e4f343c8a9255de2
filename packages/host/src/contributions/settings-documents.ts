/**
 * Where settings are kept: in documents, so that they sync and are there without a network. What everybody shares is under
 * `app/plugins`, what is a person's under `app/users/<user>`: no plugin reaches either.
 */

import {
  allows,
  CroftError,
  type DocumentHandle,
  toCroftError,
  type Unsubscribe,
} from "@croft/core";
import {
  type Collection,
  type CollectionDefinition,
  defineCollection,
  openCollection,
} from "@croft/core/collection";
import type { SettingScope, SettingValue } from "@croft/plugin";
import * as z from "zod";
import type { HostedWorkspace } from "../plugin-host.ts";

/** The document with the workspace's settings. */
export const SETTINGS_PATH = "app/plugins/settings";

/** The document with a person's settings. */
export function personSettingsPath(user: string): string {
  return `app/users/${user}/settings`;
}

const fields = { value: z.unknown() };
const definition: CollectionDefinition<typeof fields> = defineCollection("settings", fields);

interface Place {
  readonly handle: DocumentHandle;
  readonly values: Collection<typeof fields>;
}

/** See the top of this file. Documents are opened when they are needed. */
export class SettingsDocuments {
  readonly #workspace: Pick<HostedWorkspace, "open" | "user">;
  readonly #onChange: (plugins: ReadonlySet<string>) => void;
  readonly #onAccess: () => void;
  readonly #stops: Unsubscribe[] = [];
  #places: Readonly<Record<SettingScope, Place>> | undefined;
  #opening: Promise<void> | undefined;
  #failed = false;
  #disposed = false;

  /** `onChange` hears whose settings may be others now, `onAccess` that what the person may set may be another. */
  constructor(
    workspace: Pick<HostedWorkspace, "open" | "user">,
    onChange: (plugins: ReadonlySet<string>) => void,
    onAccess: () => void,
  ) {
    this.#workspace = workspace;
    this.#onChange = onChange;
    this.#onAccess = onAccess;
  }

  /** Whether they could not be opened the last time. */
  get failed(): boolean {
    return this.#failed;
  }

  /**
   * Resolves when what this device has of the settings is here. Tries again what failed before.
   *
   * @throws CroftError `store/failed`, or what the workspace throws; no plugin's doing.
   */
  open(): Promise<void> {
    this.#opening ??= this.#open().then(
      () => {
        this.#failed = false;
      },
      (error: unknown) => {
        this.#opening = undefined;
        this.#failed = true;
        this.#close();
        throw unreadable(error);
      },
    );
    return this.#opening;
  }

  /** What is set, whatever it is; `undefined` when nothing is. */
  get(scope: SettingScope, plugin: string, name: string): unknown {
    const id = recordId(plugin, name);
    const values = this.#places?.[scope].values;
    // What others wrote need not be a value at all.
    return values?.get(id)?.value ?? (values?.has(id) === true ? null : undefined);
  }

  /** Whether this person may set settings of this scope. */
  isWritable(scope: SettingScope): boolean {
    const place = this.#places?.[scope];
    return place !== undefined && allows(place.handle.state.access, "write");
  }

  /** Writes a value, or removes it; resolves when that is on this device's disk. @throws CroftError `access/denied`. */
  async set(
    scope: SettingScope,
    plugin: string,
    name: string,
    value: SettingValue | undefined,
  ): Promise<void> {
    await this.open();
    if (this.#disposed) throw new CroftError("disposed", "The plugin host was disposed.");
    const place = this.#places?.[scope];
    if (!place) {
      throw new CroftError("input/invalid", "This host's workspace has no documents to set in.", {
        hint: "Give the host a workspace with `open`.",
      });
    }
    const { values, handle } = place;
    const id = recordId(plugin, name);
    if (value === undefined) values.delete(id);
    else if (values.has(id)) values.update(id, { value });
    else values.insert({ id, value });
    await handle.saved("device");
  }

  dispose(): void {
    this.#disposed = true;
    this.#close();
  }

  #close(): void {
    // What was opened last goes first.
    for (const stop of this.#stops.splice(0).toReversed()) stop();
    this.#places = undefined;
  }

  async #open(): Promise<void> {
    const { open, user } = this.#workspace;
    if (!open || this.#disposed) return;
    const place = (path: string): Place => {
      const handle = open.call(this.#workspace, path);
      this.#stops.push(() => handle.close());
      const values = openCollection(handle, definition);
      this.#stops.push(() => values.dispose());
      let { access } = handle.state;
      this.#stops.push(
        values.onChange(({ ids }) => this.#onChange(new Set([...ids].map(pluginOf)))),
        handle.onState((state) => {
          if (state.access === access) return;
          access = state.access;
          this.#onAccess();
        }),
      );
      return { handle, values };
    };
    this.#places = {
      workspace: place(SETTINGS_PATH),
      person: place(personSettingsPath(user)),
    };
    const { workspace, person } = this.#places;
    await Promise.all([workspace.handle.ready, person.handle.ready]);
    this.#onAccess();
  }
}

function unreadable(thrown: unknown): CroftError {
  const what = "The settings of plugins cannot be read";
  const { code, message } = toCroftError(thrown, "store/failed", what);
  return new CroftError(code, message.startsWith(what) ? message : `${what}: ${message}`, {
    cause: thrown,
    hint: "They are read again when a plugin that has some is activated, or one is set.",
  });
}

// Records' ids have no slash; neither a plugin's id nor a setting's name has a colon.
function recordId(plugin: string, name: string): string {
  return `${plugin}:${name}`;
}

function pluginOf(id: string): string {
  return id.slice(0, id.indexOf(":"));
}
