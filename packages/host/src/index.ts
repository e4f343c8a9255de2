/** Runs the plugins of an application: registers, fences and ends them. */

export type { EventGrant, LogLevel } from "@croft/plugin/remote";
export { createLocalMemory, type HostMemory } from "./host-memory.ts";
export type { HostEventDrops, HostEventLoss } from "./event-outlet.ts";
export type { Command, HostCommands } from "./contributions/commands.ts";
export type {
  Exporter,
  HostExporters,
  HostImporters,
  Imported,
  Importer,
} from "./contributions/files.ts";
export type { KeyPress } from "./contributions/chord.ts";
export {
  matchShortcut,
  type ShortcutCommand,
  type ShortcutConflict,
  shortcutConflicts,
  type ShortcutOptions,
  type ShortcutPlatform,
} from "./contributions/match-shortcut.ts";
export type { CallOptions } from "./contributions/plugin-handlers.ts";
export type { HostSettings } from "./contributions/settings.ts";
export {
  describeSettings,
  type SettingField,
  type SettingFieldBase,
  type StoredSettings,
} from "./contributions/settings-form.ts";
export type { HostStatus, StatusItem } from "./contributions/status.ts";
export { isRunning, type PluginState } from "./lifecycle.ts";
export { type GrantedPermissions, includesPermissions, type Permissions } from "./permissions.ts";
export {
  createPluginHost,
  type HostedWorkspace,
  type HostEvents,
  type LogEntry,
  type PluginHost,
  type PluginHostOptions,
  type PluginStatus,
  type RequestedGrant,
} from "./plugin-host.ts";
export {
  type Budget,
  type BudgetLevel,
  type Budgets,
  DEFAULT_BUDGETS,
  type Excess,
  type Quantity,
  type Verdict,
} from "./monitor/budgets.ts";
export type {
  Holds,
  HoldsBy,
  MeteredError,
  PluginFigures,
  RecentFigures,
  Traffic,
} from "./monitor/figures.ts";
export type { MonitoredPlugin, PluginMonitor } from "./monitor/monitor.ts";
export type { OtlpAttribute, OtlpMetric, OtlpMetrics, OtlpPoint } from "./monitor/otlp.ts";
export { describeBytes, describeMs } from "./monitor/quantities.ts";
export type { Finding } from "./monitor/report.ts";
export type { Deadlines } from "./plugin-runner.ts";
export type { Supervision } from "./supervision.ts";
export type { Deed, Mishap, TroubleReport } from "./trouble-report.ts";
export { type DevelopmentOptions, followDevelopment } from "./development/follow-development.ts";
export {
  followInstalled,
  type InstalledPlugin,
  type InstalledPlugins,
  type InstalledPluginsOptions,
  type LoaderContext,
  type LoadPlugin,
  type UpdatePolicy,
  type WaitingUpdate,
} from "./installed/installed-plugins.ts";
export type { Standing } from "./installed/judge-installed.ts";
export { fetchPackage, type FetchOptions } from "./installed/fetch-package.ts";
export {
  findRelease,
  parseRegistry,
  readRegistry,
  type Registry,
  type RegistryPlugin,
  type Release,
} from "./installed/registry.ts";
export { loadTrusted } from "./installed/load-trusted.ts";
export type { Offer } from "./installed/offer.ts";
export type {
  Consent,
  InstalledRecord,
  PackageName,
  Revocation,
  StoredGrants,
} from "./installed/records.ts";
export {
  createRemotePlugin,
  type Realm,
  type RemotePluginOptions,
} from "./remote/remote-plugin.ts";
export {
  createRealmGroup,
  FellSilent,
  type RealmGroup,
  type RealmMember,
} from "./remote/realm-group.ts";
export { browserClipboard, browserNotifications } from "./services/browser-devices.ts";
export type { ClipboardAdapter, DeviceOptions, NotificationAdapter } from "./services/devices.ts";
export type { HostApis, ServiceOptions } from "./services/host-services.ts";
export type { NetworkOptions } from "./services/network-broker.ts";
export type { AskPermission, PermissionQuestion } from "./services/permission-asker.ts";
export { loadSandboxed } from "./sandbox/sandbox.ts";
export { type SandboxSources, sandboxSources } from "./sandbox/sandbox-sources.ts";
export type { HostView, HostViews, MountOptions } from "./views/host-views.ts";
export type { MountedView, MountedViewState } from "./views/mounted-view.ts";
export { checkViewElement, VIEW_LIMITS } from "./views/check-view.ts";
export type { OpenSurface, Surface, SurfaceOptions } from "./views/surface.ts";
export type { ViewKeyPress } from "./views/page-shortcuts.ts";
export type { ViewSurroundings, ViewTheme } from "./views/theme.ts";
export type { RendererNews } from "./views/view-renderer.ts";
export { CROFT_VERSION } from "./version.ts";
