/** Plugins that run apart from their host, at the other end of a port; for hosts, sandboxes and bundles. */

export {
  type Activation,
  type ActivationOptions,
  createActivation,
  type EventGrant,
  type LogLevel,
} from "./activation.ts";
export {
  type CallToHost,
  type CallToPlugin,
  type Failure,
  failureOf,
  toHost,
  toPlugin,
} from "./calls.ts";
export { type RemoteListener, RemotePort } from "./remote-port.ts";
export { servePlugin, type ServedPlugin } from "./serve-plugin.ts";
