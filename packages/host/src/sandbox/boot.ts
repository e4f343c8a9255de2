/**
 * What runs in a sandbox's frame beside the plugin's worker: the boundary. It has no dependencies, is written as the browser
 * runs it, and the frame's policy allows its hash and nothing else. Every line of it is to be read with mistrust.
 *
 * The frame has an opaque origin and a policy without network; the worker inherits both, and has no document to
 * navigate. The frame passes messages on between the worker and the host: data only, never ports. A worker that sends more than
 * anybody needs is ended here, in another process than the host's.
 */

/** Messages in a tenth of a second that nobody minds. */
const CALM = 500;
/** How many more than that, in a row, are a flood. */
const FLOOD = 2_000;

// Before the plugin's module, in its worker: hands the port over to what the bundle brings to serve the plugin, and takes
// away what starts further workers.
const PRELUDE = `{
const port = new Promise((resolve) => addEventListener("message", (event) => resolve(event.ports[0]), { once: true }));
Object.defineProperty(globalThis, "croftServe", { configurable: true, value(plugin, serve) {
  delete globalThis.croftServe;
  port.then((found) => serve(plugin, found));
} });
for (const name of ["Worker", "SharedWorker", "BroadcastChannel"]) delete globalThis[name];
}
`;

/** The script of the frame. */
export const BOOT: string = `"use strict";
const prelude = ${JSON.stringify(PRELUDE)};
onmessage = (event) => {
  const [host] = event.ports;
  if (event.source !== parent || !host) return;
  onmessage = null;
  let worker;
  const stop = (why) => {
    worker?.terminate();
    host.postMessage({ stopped: why });
    host.close();
  };
  try {
    const source = prelude + event.data;
    worker = new Worker("data:text/javascript;charset=utf-8," + encodeURIComponent(source), { type: "module" });
  } catch (error) {
    stop("its worker does not start: " + error);
    return;
  }
  const { port1: inner, port2: outer } = new MessageChannel();
  worker.postMessage(0, [outer]);
  worker.onerror = (error) => {
    error.preventDefault();
    stop(error.message || "its worker does not start");
  };
  let since = 0;
  let excess = 0;
  let count = 0;
  inner.onmessage = ({ data }) => {
    const now = performance.now();
    if (now - since > 100) {
      excess = Math.max(0, excess + count - ${CALM});
      since = now;
      count = 0;
    }
    if (excess + ++count > ${CALM + FLOOD}) stop("it sends more than anybody can take");
    else host.postMessage({ data });
  };
  host.onmessage = ({ data }) => inner.postMessage(data);
};
parent.postMessage("croft sandbox is ready", "*");
`;

/** The policy of the frame: this script, workers from data, no network. */
export function policyOf(bootHash: string): string {
  return [
    "default-src 'none'",
    `script-src 'sha256-${bootHash}'`,
    "worker-src data:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
}
