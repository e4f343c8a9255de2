/**
 * The parts of a plugin's context that are about its contributions, at both ends alike: only what the manifest
 * contributes can be registered or shown, and only what is plain and small comes out of a handler.
 */

import { CroftError, type Unsubscribe } from "@croft/core";
import type { PluginContext } from "../context.ts";
import type { StatusContent } from "../contributing.ts";
import type { PluginManifest } from "../manifest.ts";
import { copyPlainData } from "../plain-data.ts";
import type { SettingValue } from "../setting.ts";
import { checkExported, checkImported, checkStatus, exportInput, importInput } from "./exchange.ts";

/** What has a handler. */
export type HandlerKind = "command" | "importer" | "exporter";

/** Answers calls of one contribution; `data` was checked. */
export type ContributionHandler = (data: unknown, signal: AbortSignal) => Promise<unknown>;

/** Where what a plugin does about its contributions goes. */
export interface ContributionPort {
  /** Takes a handler, which is the only one of its name. */
  handle(kind: HandlerKind, name: string, handler: ContributionHandler): Unsubscribe;
  setStatus(name: string, content: StatusContent | undefined): void;
  /** The value of a setting that the manifest contributes. */
  getSetting(name: string): SettingValue;
  onSetting(listener: (name: string, value: SettingValue) => void): Unsubscribe;
}

/** The parts of the context. */
export type ContributionContext = Pick<
  PluginContext,
  "commands" | "settings" | "status" | "importers" | "exporters"
>;

/** Options of {@link createContributionContext}. */
export interface ContributeOptions {
  readonly manifest: PluginManifest;
  readonly port: ContributionPort;
  /** Throws when the context is dead. */
  readonly useable: () => void;
  readonly onThrown: (error: unknown, where: string) => void;
}

/** Bytes of what a command takes, and of what it answers. */
export const MAX_COMMAND_BYTES: number = 1024 * 1024;

/** Creates the parts of the context, and what ends all that was begun by them. */
export function createContributionContext(options: ContributeOptions): {
  readonly parts: ContributionContext;
  readonly end: Unsubscribe;
} {
  const { manifest, port, useable, onThrown } = options;
  const { id, contributes } = manifest;
  const stops = new Set<Unsubscribe>();
  const taken = new Set<string>();

  const track = (stop: Unsubscribe): Unsubscribe => {
    const once = (): void => {
      if (stops.delete(once)) stop();
    };
    stops.add(once);
    return once;
  };
  const declared = (
    entries: readonly { readonly name: string }[],
    name: string,
    what: string,
  ): void => {
    if (entries.some((entry) => entry.name === name)) return;
    throw new CroftError("input/invalid", `${id} contributes no ${what} ${show(name)}.`, {
      plugin: id,
      hint: `Declare it in the manifest's \`contributes\`.`,
    });
  };
  const handle = (kind: HandlerKind, name: string, handler: ContributionHandler): Unsubscribe => {
    useable();
    declared(contributes[`${kind}s`], name, kind);
    const key = `${kind} ${name}`;
    if (taken.has(key)) {
      throw new CroftError("input/invalid", `The ${kind} ${name} has a handler already.`, {
        plugin: id,
        hint: "Take that one back first, with the function that `register` returned.",
      });
    }
    taken.add(key);
    const stop = port.handle(kind, name, handler);
    return track(() => {
      taken.delete(key);
      stop();
    });
  };
  const parts: ContributionContext = {
    commands: {
      register: (name, handler) =>
        handle("command", name, async (args, signal) =>
          copyPlainData(await handler(args, { signal }), MAX_COMMAND_BYTES, "The results"),
        ),
    },
    importers: {
      register: (name, handler) =>
        handle("importer", name, async (data, signal) =>
          checkImported(await handler(importInput.parse(data), { signal })),
        ),
    },
    exporters: {
      register: (name, handler) =>
        handle("exporter", name, async (data, signal) =>
          checkExported(await handler(exportInput.parse(data).path, { signal })),
        ),
    },
    status: {
      set(name, content) {
        useable();
        declared(contributes.status, name, "status item");
        const checked = content === undefined ? undefined : checkStatus(content);
        if (checked?.command !== undefined) {
          declared(contributes.commands, checked.command, "command");
        }
        port.setStatus(name, checked);
      },
    },
    settings: {
      get(name) {
        declared(contributes.settings, name, "setting");
        return port.getSetting(name);
      },
      onChange(name, listener) {
        useable();
        declared(contributes.settings, name, "setting");
        const stop = port.onSetting((changed, value) => {
          if (changed !== name) return;
          try {
            listener(value);
          } catch (error) {
            onThrown(error, `when its setting ${name} changed`);
          }
        });
        return track(stop);
      },
    },
  };
  return {
    parts,
    end: () => {
      for (const stop of [...stops]) stop();
    },
  };
}

function show(name: unknown): string {
  return typeof name === "string" ? JSON.stringify(name.slice(0, 128)) : String(typeof name);
}
