/** What the author of a croft plugin imports. */

export { type ActivationEvent, parseActivation } from "./activation.ts";
export type { PluginContext, PluginDocuments, PluginLog } from "./context.ts";
export { DATA_CHANGED, type DataChanged } from "./data-changed.ts";
export type { EventInfo, EventListener, HeardFrom, PluginEvents, PublishedTo } from "./events.ts";
export {
  type AskedDocument,
  type AskedEvent,
  type AskedPermissions,
  type DocumentPermission,
  type EventPermission,
  parseManifest,
  type PluginManifest,
  type PluginManifestInput,
} from "./manifest.ts";
export { describePermissions, type PermissionInWords } from "./permission-words.ts";
export type { MigrationContext } from "./migration.ts";
export { definePlugin, type Plugin, type PluginDefinition } from "./plugin.ts";
export type { NoTopics, TopicSchemas } from "./schema.ts";
export type { InputOf, OutputOf, StandardIssue, StandardResult, StandardSchema } from "@croft/core";
export type { Subscriptions } from "./subscriptions.ts";
export { isBuiltInTopic, ownerOfTopic, parseTopic, type Topic } from "./topic.ts";
export { compareVersions, fitsVersionRange, isVersion } from "./version-range.ts";
