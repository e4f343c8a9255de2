/**
 * Realms of their own for plugins in a page: a worker in a frame with an opaque origin and no network. See `boot.ts` for what
 * runs in it. Where a browser does not give all that is needed, no plugin is started.
 */

import { CroftError } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import type { LoaderContext } from "../installed/installed-plugins.ts";
import { createRemotePlugin, type Realm } from "../remote/remote-plugin.ts";
import { BOOT, policyOf } from "./boot.ts";

/** How long a frame may take until it is ready, in milliseconds. */
const PATIENCE = 10_000;
const READY = "croft sandbox is ready";

/**
 * Makes of a package a plugin that runs in a sandbox, one for each activation.
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
  const openRealm = async (): Promise<Realm> => openSandbox(code, manifest.name);
  return createRemotePlugin({ manifest, ...context, openRealm, heartbeat: true });
}

/** Opens a sandbox and has it run a plugin's module. */
async function openSandbox(code: string, name: string): Promise<Realm> {
  const frame = document.createElement("iframe");
  // Scripts, and no origin: no storage, no cookies, nothing of this page.
  frame.setAttribute("sandbox", "allow-scripts");
  frame.referrerPolicy = "no-referrer";
  frame.title = `${name} (plugin)`;
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.style.cssText = "position:absolute;width:0;height:0;border:0;visibility:hidden";
  const policy = policyOf(await bootHash());
  frame.srcdoc = `<!doctype html><meta http-equiv="content-security-policy" content="${policy}"><script>${BOOT}</script>`;
  const { port1, port2 } = new MessageChannel();
  const near = new MessageChannel();
  const close = (): void => {
    frame.remove();
    port1.close();
    near.port2.close();
  };
  try {
    await isReady(frame);
  } catch (error) {
    close();
    throw error;
  }
  // As if the other side had closed: the plugin is gone.
  const tell = (why: string): void =>
    near.port2.postMessage({ code: 1001, reason: why.slice(0, 100) });
  // A document that comes after this one is another one than was put there.
  frame.addEventListener("load", () => {
    tell("its frame shows another document");
    close();
  });
  port1.addEventListener(
    "message",
    ({ data }: MessageEvent<{ data?: unknown; stopped?: string }>) => {
      if (data.stopped === undefined) near.port2.postMessage(data.data);
      else tell(data.stopped);
    },
  );
  near.port2.addEventListener("message", ({ data }) => port1.postMessage(data));
  port1.start();
  near.port2.start();
  frame.contentWindow?.postMessage(code, "*", [port2]);
  return { port: near.port1, close };
}

/** Puts the frame into the page and waits for it. */
async function isReady(frame: HTMLIFrameElement): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const hear = ({ source, data }: MessageEvent<unknown>): void => {
    if (source === frame.contentWindow && data === READY) resolve();
  };
  const timer = setTimeout(() => {
    reject(
      new CroftError("plugin/failed", "A plugin's sandbox does not start in this page.", {
        hint: "If the page has a content security policy, it must allow the sandbox's script and `worker-src data:`.",
      }),
    );
  }, PATIENCE);
  addEventListener("message", hear);
  const loaded = new Promise<void>((resolveLoad) => {
    frame.addEventListener("load", () => resolveLoad(), { once: true });
  });
  document.body.append(frame);
  try {
    await promise;
    await loaded;
  } finally {
    clearTimeout(timer);
    removeEventListener("message", hear);
  }
}

let hash: Promise<string> | undefined;

/** The SHA-256 of the frame's script, as policies write it. */
function bootHash(): Promise<string> {
  hash ??= crypto.subtle
    .digest("SHA-256", new TextEncoder().encode(BOOT))
    .then((digest) => btoa(String.fromCharCode(...new Uint8Array(digest))));
  return hash;
}
