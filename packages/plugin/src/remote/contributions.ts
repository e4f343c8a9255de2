/** Contributions of a plugin that runs elsewhere: its end, and its host's. */

import { createEmitter, CroftError, type Emitter, type Unsubscribe } from "@croft/core";
import * as z from "zod";
import type { PluginContext } from "../context.ts";
import type { ExportedFile, ImportResult, StatusContent } from "../contributing.ts";
import type { SettingValue } from "../setting.ts";
import type { Calls } from "./calls.ts";
import type {
  ContributionContext,
  ContributionHandler,
  ContributionPort,
  HandlerKind,
} from "./contribute.ts";
import { failureOf } from "./failure.ts";

const kind = z.enum(["command", "importer", "exporter"]);
const named = z.strictObject({ kind, name: z.string() });
const calling = z.strictObject({ kind, name: z.string(), data: z.unknown() });
const showing = z.strictObject({ name: z.string(), content: z.unknown() });
const values = z.record(
  z.string(),
  z.union([z.boolean(), z.number(), z.string(), z.array(z.string())]),
);

/**
 * Takes what a plugin at the other end registers and shows, and tells it its settings; returns what ends all of it. The
 * context checks what comes, as it does for a plugin beside the host.
 */
export function serveContributions(
  calls: Calls,
  context: ContributionContext & Pick<PluginContext, "manifest">,
  onRefused: (message: string) => void,
): Unsubscribe {
  const { commands, importers, exporters, settings, status, manifest } = context;
  const registered = new Map<string, Unsubscribe>();
  const stops: Unsubscribe[] = [];
  const orRefuse = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      onRefused(failureOf(error).message);
    }
  };
  const register = (of: HandlerKind, name: string): Unsubscribe => {
    const ask = (data: unknown, signal: AbortSignal): Promise<unknown> =>
      calls.ask("contributions/call", { kind: of, name, data }, signal);
    switch (of) {
      case "command":
        return commands.register(name, (args, { signal }) => ask(args, signal));
      // What comes back is checked by the context, whatever it is.
      case "importer":
        return importers.register(
          name,
          (file, { signal }) => ask(file, signal) as Promise<ImportResult>,
        );
      case "exporter":
        return exporters.register(
          name,
          (path, { signal }) => ask({ path }, signal) as Promise<ExportedFile>,
        );
    }
  };
  calls.hear("contributions/register", named, ({ kind: of, name }) =>
    orRefuse(() => registered.set(`${of} ${name}`, register(of, name))),
  );
  calls.hear("contributions/unregister", named, ({ kind: of, name }) => {
    const key = `${of} ${name}`;
    registered.get(key)?.();
    registered.delete(key);
  });
  calls.hear("contributions/status", showing, ({ name, content }) =>
    orRefuse(() => status.set(name, content as StatusContent | undefined)),
  );
  const tell = (changed: Readonly<Record<string, SettingValue>>): void =>
    calls.tell("contributions/settings", changed);
  const all = manifest.contributes.settings.map(({ name }) => {
    stops.push(settings.onChange(name, (value) => tell({ [name]: value })));
    return [name, settings.get(name)] as const;
  });
  // Before anything else, so that the plugin finds them when it is activated.
  if (all.length > 0) tell(Object.fromEntries(all));
  return () => {
    for (const stop of [...stops.splice(0), ...registered.values()]) stop();
    registered.clear();
  };
}

/** The plugin's end. */
export class RemoteContributions implements ContributionPort {
  readonly #calls: Calls;
  readonly #handlers = new Map<string, ContributionHandler>();
  readonly #settings = new Map<string, SettingValue>();
  readonly #changes: Emitter<readonly [name: string, value: SettingValue]> = createEmitter();

  constructor(calls: Calls) {
    this.#calls = calls;
    calls.answer("contributions/call", calling, ({ kind: of, name, data }, signal) => {
      const handler = this.#handlers.get(`${of} ${name}`);
      if (handler) return handler(data, signal);
      throw new CroftError("input/invalid", `The ${of} ${name} has no handler.`, {
        hint: "Register one in `activate`.",
      });
    });
    calls.hear("contributions/settings", values, (changed) => {
      const entries = Object.entries(changed);
      for (const [name, value] of entries) this.#settings.set(name, value);
      for (const entry of entries) this.#changes.emit(entry);
    });
  }

  handle(of: HandlerKind, name: string, handler: ContributionHandler): Unsubscribe {
    const key = `${of} ${name}`;
    this.#handlers.set(key, handler);
    this.#calls.tell("contributions/register", { kind: of, name });
    return () => {
      if (this.#handlers.delete(key)) {
        this.#calls.tell("contributions/unregister", { kind: of, name });
      }
    };
  }

  setStatus(name: string, content: StatusContent | undefined): void {
    this.#calls.tell("contributions/status", { name, content });
  }

  getSetting(name: string): SettingValue {
    const value = this.#settings.get(name);
    if (value !== undefined) return value;
    // The host tells them all, before it activates the plugin.
    throw new CroftError("input/invalid", `The host did not tell the setting ${name}.`);
  }

  onSetting(listener: (name: string, value: SettingValue) => void): Unsubscribe {
    return this.#changes.on(([name, value]) => listener(name, value));
  }
}
