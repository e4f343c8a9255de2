/** Devices of a test team that follow what is installed, and packages of one plugin in several versions to install there. */

import { type Clock, systemClock } from "@croft/core";
import {
  followInstalled,
  type InstalledPlugins,
  loadTrusted,
  type UpdatePolicy,
} from "@croft/host";
import type { PluginManifestInput } from "@croft/plugin";
import { packPlugin, type PublisherKeyPair, signPackage } from "@croft/plugin/package";
import type { TestDevice, TestTeam } from "@croft/testing";
import { bundleSource } from "./plugin-bundle.ts";

/** A device that follows what is installed. */
export interface InstalledDevice extends TestDevice {
  installed: InstalledPlugins;
  /** The application is closed and opened again. */
  reopen(): Promise<void>;
}

/** How a device follows. */
export interface Following {
  readonly offline?: boolean;
  readonly updates?: UpdatePolicy;
  readonly clock?: Clock;
}

/** Opens a device; `ended` collects what is to be disposed. */
export async function openInstalled(
  team: TestTeam,
  user: string,
  ended: InstalledPlugins[],
  { offline = false, updates, clock = systemClock }: Following = {},
): Promise<InstalledDevice> {
  const device = await team.device(user, { offline });
  const follow = async (): Promise<InstalledPlugins> => {
    const told = device.problems as unknown[];
    const installed = await followInstalled({
      workspace: device.workspace,
      host: device.host,
      load: loadTrusted,
      updates,
      clock,
      onProblem: (problem) => told.push(problem),
    });
    ended.push(installed);
    return installed;
  };
  const opened = Object.assign(device, {
    installed: await follow(),
    async reopen() {
      await opened.installed.dispose();
      await device.restart();
      opened.installed = await follow();
    },
  });
  return opened;
}

/** Packs and signs a version of a plugin. */
export async function makeVersion(
  manifest: PluginManifestInput,
  code: string,
  keys: PublisherKeyPair,
): Promise<Uint8Array> {
  const files = new Map([["main.js", await bundleSource(code, manifest)]]);
  return signPackage(await packPlugin({ manifest, files }), keys);
}
