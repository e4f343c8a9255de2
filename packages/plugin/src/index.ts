/** What the author of a croft plugin imports. */

export { type ActivationEvent, parseActivation } from "./activation.ts";
export {
  type ApiCall,
  type ApiCallOptions,
  type ApiClient,
  type ApiContract,
  type ApiImplementation,
  type ApiMethod,
  type ApiMethods,
  defineApi,
  type PluginApis,
} from "./apis.ts";
export type { PluginClipboard } from "./clipboard.ts";
export type { PluginContext, PluginDocuments, PluginLog } from "./context.ts";
export type {
  CallInfo,
  CommandHandler,
  ExportedFile,
  ImportedFile,
  ImportResult,
  PluginCommands,
  PluginExporters,
  PluginImporters,
  PluginSettings,
  PluginStatusItems,
  StatusContent,
} from "./contributing.ts";
export type {
  BooleanSetting,
  ChoiceOption,
  ChoiceSetting,
  CommandContribution,
  CommandInput,
  Contributions,
  ContributionsInput,
  ExporterContribution,
  ExporterInput,
  ImporterContribution,
  ImporterInput,
  NumberSetting,
  SettingBase,
  SettingContribution,
  SettingInput,
  SettingScope,
  StatusContribution,
  StringSetting,
  TextsSetting,
  ViewContribution,
  ViewInput,
} from "./contributions.ts";
export { DATA_CHANGED, type DataChanged } from "./data-changed.ts";
export { type ApiName, ownerOfApi, parseApiName } from "./api-name.ts";
export type {
  EventInfo,
  EventListener,
  EventScope,
  HeardFrom,
  PluginEvents,
  PublishedTo,
  PublishOptions,
} from "./events.ts";
export {
  type OfferedApi,
  parseManifest,
  type PluginManifest,
  type PluginManifestInput,
} from "./manifest.ts";
export type { NetworkRequest, NetworkResponse, PluginNetwork } from "./network.ts";
export type { PluginNotification, PluginNotifications } from "./notifications.ts";
export type { PluginPermissions } from "./permission-requests.ts";
export {
  describePermissions,
  type ListedPermission,
  listPermissions,
  type PermissionInWords,
} from "./permission-words.ts";
export type { MigrationContext } from "./migration.ts";
export type { ApiGrant, ApiPermission, AskedApi, GivenApi } from "./permissions/apis.ts";
export type { ClipboardGrant, ClipboardPermission } from "./permissions/clipboard.ts";
export type { AskedDocument, DocumentPermission, GivenDocument } from "./permissions/documents.ts";
export type { AskedEvent, EventGrant, EventPermission, GivenEvent } from "./permissions/events.ts";
export type { Asked } from "./permissions/kind.ts";
export type {
  AskedNetwork,
  GivenNetwork,
  NetworkGrant,
  NetworkMethod,
  NetworkPermission,
} from "./permissions/network.ts";
export type { NotificationGrant, NotificationPermission } from "./permissions/notifications.ts";
export type {
  AskedKinds,
  AskedPermissions,
  GivenKinds,
  GrantedPermissions,
  GrantKinds,
  PermissionKindName,
  Permissions,
  StoredPermissions,
  WrittenKinds,
  WrittenPermissions,
} from "./permissions/permissions.ts";
export { definePlugin, type Plugin, type PluginDefinition } from "./plugin.ts";
export type { NoTopics, TopicSchemas } from "./schema.ts";
export type { InputOf, OutputOf, StandardIssue, StandardResult, StandardSchema } from "@croft/core";
export type { PluginServices } from "./services.ts";
export {
  problemOfSetting,
  type SettingsOf,
  type SettingTypes,
  type SettingValue,
} from "./setting.ts";
export { formatShortcut, parseShortcut, type Shortcut } from "./shortcut.ts";
export type { Subscriptions } from "./subscriptions.ts";
export type { PluginTasks, Task, TaskTurn, WorkspaceTaskOptions, WorkspaceTurn } from "./tasks.ts";
export { isBuiltInTopic, ownerOfTopic, parseTopic, type Topic } from "./topic.ts";
export type { DefinedView, PluginViews, ViewSource } from "./views.ts";
export { compareVersions, fitsVersionRange, isVersion } from "./version-range.ts";
