/**
 * Tests, in a frame of its own and before any plugin's code runs, whether this browser gives in this page what the sandbox
 * relies on. What cannot be told from inside, and is not tested: whether the frame is in another process than the page.
 */

import { CroftError } from "@croft/core";
import { openFrame } from "./frame.ts";

const READY = "croft sandbox test is ready";

/** What is tested, each as what is missing when it fails. */
const Needs = {
  origin: "an origin that nothing shares",
  page: "a page that cannot be reached",
  storage: "no storage",
  text: "no code made of text",
  worker: "workers from `data:` URLs",
  crypto: "cryptography in such workers",
  network: "a policy without network in such workers",
} as const;

const WORKER = `onmessage = async ({ data: page }) => {
  const missing = [];
  if (origin !== "null") missing.push(${JSON.stringify(Needs.origin)});
  if (!isSecureContext || !globalThis.crypto?.subtle) missing.push(${JSON.stringify(Needs.crypto)});
  try {
    (0, eval)("1");
    missing.push(${JSON.stringify(Needs.text)});
  } catch {}
  // The first needs no network: offline the second one would fail in any case.
  for (const url of ["data:,x", page]) {
    try {
      await fetch(url, { mode: "no-cors" });
      missing.push(${JSON.stringify(Needs.network)});
    } catch {}
  }
  postMessage(missing);
};
`;

/** The script of the test's frame. */
export const SELF_TEST: string = `"use strict";
const missing = [];
const refused = (need, attempt) => {
  try {
    attempt();
    missing.push(need);
  } catch {}
};
if (origin !== "null") missing.push(${JSON.stringify(Needs.origin)});
refused(${JSON.stringify(Needs.page)}, () => parent.document.title);
refused(${JSON.stringify(Needs.storage)}, () => localStorage.length);
refused(${JSON.stringify(Needs.text)}, () => (0, eval)("1"));
onmessage = ({ source, data, ports: [answer] }) => {
  if (source !== parent || !answer) return;
  const tell = (more) => answer.postMessage([...missing, ...more]);
  try {
    const worker = new Worker("data:text/javascript;charset=utf-8," + encodeURIComponent(${JSON.stringify(WORKER)}), { type: "module" });
    worker.onmessage = (event) => tell(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      tell([${JSON.stringify(Needs.worker)}]);
    };
    worker.postMessage(data);
  } catch {
    tell([${JSON.stringify(Needs.worker)}]);
  }
};
parent.postMessage(${JSON.stringify(READY)}, "*");
`;

/** How long the worker may take, in milliseconds. */
const PATIENCE = 10_000;

let passed: Promise<void> | undefined;

/**
 * Tests once for each page; what failed is tested again when it is asked for again.
 *
 * @throws CroftError `plugin/failed` that names what is missing. Nothing is to run in a sandbox then.
 */
export function testSandbox(): Promise<void> {
  passed ??= test()
    // Seen once in 80 starts: a worker without cryptography, beside others that had it.
    .catch(test)
    .catch((error: unknown) => {
      passed = undefined;
      throw error;
    });
  return passed;
}

async function test(): Promise<void> {
  const frame = await openFrame({
    script: SELF_TEST,
    ready: READY,
    title: "Test of the sandbox for plugins",
  });
  const { port1, port2 } = new MessageChannel();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const missing = await new Promise<readonly string[]>((resolve) => {
      port1.addEventListener("message", ({ data }: MessageEvent<readonly string[]>) =>
        resolve(data),
      );
      port1.start();
      timer = setTimeout(() => resolve([Needs.worker]), PATIENCE);
      frame.contentWindow?.postMessage(`${location.origin}/`, "*", [port2]);
    });
    if (missing.length === 0) return;
    throw new CroftError(
      "plugin/failed",
      `Plugins' sandboxes need what this page does not have: ${[...new Set(missing)].join(", ")}.`,
      {
        hint: "Serve the page over HTTPS or from localhost; a content security policy of its own must allow `worker-src data:`. Another browser may have what this one lacks.",
      },
    );
  } finally {
    clearTimeout(timer);
    port1.close();
    frame.remove();
  }
}
