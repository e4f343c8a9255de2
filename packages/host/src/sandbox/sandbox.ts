/**
 * Realms of their own for plugins in a page: a worker in a frame with an opaque origin and no network. See `boot.ts` for what
 * runs in it. Where a browser does not give all that is needed, no plugin is started.
 */

import { CloseCode, CroftError } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import type { LoaderContext } from "../installed/installed-plugins.ts";
import { createRemotePlugin, type Realm } from "../remote/remote-plugin.ts";
import { createRealmGroup } from "../remote/realm-group.ts";
import { BOOT, Report } from "./boot.ts";
import { openFrame, reportOf } from "./frame.ts";
import { testSandbox } from "./self-test.ts";

/** Chromium runs all sandboxed frames of a page in one process. */
const PAGE = createRealmGroup();

/**
 * Makes of a package a plugin that runs in a sandbox, one for each activation.
 *
 * Before the first one the page is tested for what sandboxes need; where something is missing the plugin is not activated.
 *
 * @throws CroftError `plugin/failed` where there is no page to have a frame in.
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * const installed = await followInstalled({ workspace, host, load: loadSandboxed });
 * ```
 */
export async function loadSandboxed(
  { manifest, files }: PluginPackage,
  context: LoaderContext,
): Promise<Plugin> {
  if (typeof document === "undefined") {
    throw new CroftError("plugin/failed", `${manifest.id} needs a page for its sandbox.`, {
      plugin: manifest.id,
      hint: "Elsewhere only plugins run that you trust: see `loadTrusted`.",
    });
  }
  const code = new TextDecoder().decode(files.get(manifest.entry));
  return createRemotePlugin({
    manifest,
    ...context,
    heartbeat: true,
    group: PAGE,
    async openRealm(admission = new ArrayBuffer(0)) {
      const realm =
        (await openSandbox(code, manifest.name, admission)) ??
        // Seen once in 80 starts, for no reason that is known; the next one had it.
        (await openSandbox(code, manifest.name, admission));
      if (realm) return realm;
      throw new CroftError("plugin/failed", `${manifest.id} has no cryptography in its sandbox.`, {
        plugin: manifest.id,
        hint: "Serve the page over HTTPS or from localhost. Without it nothing could pass that is sealed.",
      });
    },
  });
}

/** Opens a sandbox and has it run a plugin's module; none when its worker has no cryptography. */
async function openSandbox(
  code: string,
  name: string,
  admission: ArrayBuffer,
): Promise<Realm | undefined> {
  const opening = openFrame({ script: BOOT, ready: Report.ready, title: `${name} (plugin)` });
  // Beside each other, since each waits for the browser; no code runs before both are there.
  const [frame, tested] = await Promise.allSettled([opening, testSandbox()]);
  if (frame.status === "rejected") throw frame.reason;
  if (tested.status === "rejected") {
    frame.value.remove();
    throw tested.reason;
  }
  return run(frame.value, code, admission);
}

async function run(
  frame: HTMLIFrameElement,
  code: string,
  admission: ArrayBuffer,
): Promise<Realm | undefined> {
  const { port1, port2 } = new MessageChannel();
  const views = new MessageChannel();
  const close = (): void => {
    frame.remove();
    port1.close();
    views.port1.close();
  };
  // A document that comes after this one is another one than was put there.
  frame.addEventListener("load", () => {
    frame.remove();
    const gone = { code: CloseCode.goingAway, reason: "its frame shows another document" };
    // As if it had come from there.
    port1.dispatchEvent(new MessageEvent("message", { data: gone }));
  });
  try {
    const report = reportOf(frame, [Report.runs, Report.noCrypto]);
    const given = admission.slice(0);
    frame.contentWindow?.postMessage({ code, admission: given }, "*", [port2, views.port2, given]);
    if ((await report) === Report.runs) return { port: port1, views: views.port1, close };
  } catch (error) {
    close();
    throw error;
  }
  close();
  return undefined;
}
