/**
 * What runs in a sandbox's frame beside the plugin's worker: the boundary. It has no dependencies, is written as the browser
 * runs it, and the frame's policy allows its hash and nothing else. Every line of it is to be read with mistrust.
 *
 * The frame has an opaque origin and a policy without network; the worker inherits both, and has no document to
 * navigate. The frame passes messages on between the worker and the host: data only, never ports. It cannot read them, since they are
 * sealed; it counts them. A worker may have sent so many bytes that the host has not taken yet, and is ended here, in another
 * process than the host's, when it sends more. No message is dropped.
 */

import { LEAST_RECORD, PORT_WINDOW } from "@croft/plugin/remote";

// Before the plugin's module, in its worker: says whether there is cryptography, hands the port and what the plugin is admitted
// by over to what the bundle brings to serve it, and takes away what starts further workers.
const PRELUDE = `{
postMessage(Boolean(globalThis.crypto?.subtle));
const given = new Promise((resolve) => addEventListener("message", resolve, { once: true }));
Object.defineProperty(globalThis, "croftServe", { configurable: true, value(plugin, serve) {
  delete globalThis.croftServe;
  given.then(({ data, ports }) => serve(plugin, ports[0], data, ports[1]));
} });
for (const name of ["Worker", "SharedWorker", "BroadcastChannel"]) delete globalThis[name];
}
`;

/**
 * What the frame tells the page, beside what passes over the port: that it is ready for the code, and then, once, whether the
 * worker has the cryptography that it needs. A worker that does not start at all is told over the port.
 */
export const Report = {
  ready: "croft sandbox is ready",
  runs: "croft sandbox runs",
  noCrypto: "croft sandbox has no cryptography",
} as const;

// The data port: how much may pass. What passes are the messages of core's channel over a port: an ArrayBuffer is a record, a
// number says how many bytes were taken, an object is the end.
const RELAY = `
const relay = (inner, host, stop) => {
  let untaken = 0;
  let unread = 0;
  inner.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) {
      untaken += data.byteLength;
      if (data.byteLength < ${LEAST_RECORD} || untaken > ${PORT_WINDOW}) stop("it sends more than anybody can take");
      else host.postMessage(data, [data]);
    } else if (typeof data === "number") {
      if (!(data >= ${LEAST_RECORD} && data <= unread)) stop("it says that it read what nobody sent");
      else {
        unread -= data;
        host.postMessage(data);
      }
    } else stop(typeof data?.reason === "string" ? data.reason : "it sends what is no message");
  };
  host.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) unread += data.byteLength;
    else if (typeof data === "number") untaken -= data;
    inner.postMessage(data);
  };
};
`;

/** The script of the frame. */
export const BOOT: string = `"use strict";
const prelude = ${JSON.stringify(PRELUDE)};
${RELAY}
const report = (what) => parent.postMessage(what, "*");
onmessage = (event) => {
  const [host, views] = event.ports;
  if (event.source !== parent || !host || !views) return;
  onmessage = null;
  const { code, admission } = event.data;
  let worker;
  const stop = (why) => {
    worker?.terminate();
    host.postMessage({ code: 1001, reason: why.slice(0, 100) });
    host.close();
    views.close();
    report("${Report.runs}");
  };
  try {
    const source = prelude + code;
    worker = new Worker("data:text/javascript;charset=utf-8," + encodeURIComponent(source), { type: "module" });
  } catch (error) {
    stop("its worker does not start: " + error);
    return;
  }
  worker.onmessage = ({ data }) => {
    worker.onmessage = null;
    report(data === true ? "${Report.runs}" : "${Report.noCrypto}");
  };
  worker.onerror = (error) => {
    error.preventDefault();
    stop(error.message || "its worker does not start");
  };
  const { port1: inner, port2: outer } = new MessageChannel();
  relay(inner, host, stop);
  // Which views are shown, each with its port to where it is built: to the worker only, and nothing comes back.
  const shows = new MessageChannel();
  views.onmessage = ({ data, ports }) => shows.port1.postMessage(data, ports);
  worker.postMessage(admission, [outer, shows.port2, admission]);
};
report("${Report.ready}");
`;

/** The policy of the frame: this script, workers from data, no network. */
export function policyOf(scriptHash: string): string {
  return [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}'`,
    "worker-src data:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
}
