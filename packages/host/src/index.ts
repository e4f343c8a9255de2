/** Runs the plugins of an application: registers, fences and ends them. */

export type { LogLevel } from "./activation.ts";
export { isRunning, type PluginState } from "./lifecycle.ts";
export type { EventGrant, GrantedPermissions, Permissions } from "./permissions.ts";
export {
  createPluginHost,
  type HostedWorkspace,
  type HostEvents,
  type LogEntry,
  type PluginHost,
  type PluginHostOptions,
  type PluginStatus,
} from "./plugin-host.ts";
export type { Deadlines } from "./plugin-runner.ts";
export { CROFT_VERSION } from "./version.ts";
