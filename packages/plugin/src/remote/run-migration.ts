/** Runs a plugin's `migrate` on one activation, and waits until all that it wrote is stored. */

import { CroftError, type DocPath, type DocumentHandle } from "@croft/core";
import type { PluginManifest } from "../manifest.ts";
import type { Plugin } from "../plugin.ts";
import type { Activation, ActivationOptions } from "./activation.ts";
import { PortCalls } from "./calls.ts";
import { servicesOver } from "./services.ts";

/** The options of an activation that has its documents and nothing else: all other calls are refused. */
export function documentsOnly(
  manifest: PluginManifest,
): Pick<
  ActivationOptions,
  "mayUse" | "publish" | "subscribe" | "tasks" | "contributions" | "createServices"
> {
  const message = `${manifest.id} has documents only while they are brought over.`;
  const refusal = new CroftError("disposed", message, { plugin: manifest.id });
  const nobody = new PortCalls(() => undefined);
  nobody.end(refusal);
  const refuse = (): never => {
    throw refusal;
  };
  return {
    mayUse: () => false,
    publish: refuse,
    subscribe: refuse,
    tasks: { want: refuse },
    contributions: { handle: refuse, setStatus: refuse, getSetting: refuse, onSetting: refuse },
    createServices: (ended) => servicesOver(nobody, manifest, ended),
  };
}

/** What is to be brought over. */
export interface MigrationJob {
  readonly from: number;
  readonly paths: readonly DocPath[];
}

/**
 * Runs it, and ends the activation.
 *
 * @throws What the plugin throws; CroftError `plugin/migration` when it has no `migrate`, and what was refused of its writes.
 */
export async function runMigration(
  plugin: Pick<Plugin, "migrate">,
  activation: Activation,
  job: MigrationJob,
): Promise<void> {
  const { manifest, signal, log, documents } = activation.context;
  const opened = new Map<string, DocumentHandle>();
  try {
    if (!plugin.migrate) {
      const { id, version, data } = manifest;
      const message = `${id} ${version} does not say how its documents get from version ${job.from} to ${data}.`;
      throw new CroftError("plugin/migration", message, {
        plugin: id,
        hint: "Its author has to define `migrate`.",
      });
    }
    await plugin.migrate({
      ...job,
      manifest,
      signal,
      log,
      documents: {
        ...documents,
        open(path) {
          // A handle of our own: the plugin may close its own before what it wrote is stored.
          if (!opened.has(path)) opened.set(path, documents.open(path));
          return documents.open(path);
        },
      },
    });
    await Promise.all([...opened.values()].map((handle) => handle.saved("device")));
  } finally {
    for (const handle of opened.values()) handle.close();
    await activation.release();
    await activation.end();
  }
}
