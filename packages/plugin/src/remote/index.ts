/** Plugins that run apart from their host, at the other end of a port; for hosts, sandboxes and bundles. */

export {
  type Activation,
  type ActivationOptions,
  createActivation,
  type EventGrant,
  type LogLevel,
} from "./activation.ts";
export { type Calls, PortCalls } from "./calls.ts";
export { serveEvents } from "./events.ts";
export { errorOf, type Failure, failureOf, failureSchema } from "./failure.ts";
export { type Beginning, Life, type MigrationBeginning, pluginGone } from "./life.ts";
export { serveLog } from "./log.ts";
export { type RemoteListener, RemotePort } from "./remote-port.ts";
export { type MigrationJob, runMigration } from "./run-migration.ts";
export { servePlugin, type ServedPlugin } from "./serve-plugin.ts";
