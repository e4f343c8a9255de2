/** Plugins that run apart from their host, at the other end of a port; for hosts, sandboxes and bundles. */

export {
  type Activation,
  type ActivationOptions,
  type ActivationReplica,
  createActivation,
  type LogLevel,
} from "./activation.ts";
export { createApis, createClient, type RawApis, type RespondToCall } from "./api-ends.ts";
export { checkOffer } from "./apis.ts";
export { type Calls, PortCalls } from "./calls.ts";
export {
  type ContributionContext,
  type ContributionHandler,
  type ContributionPort,
  type HandlerKind,
  MAX_COMMAND_BYTES,
} from "./contribute.ts";
export { serveContributions } from "./contributions.ts";
export { check, exportInput, importInput, MAX_FILE_BYTES } from "./exchange.ts";
export { MAX_EVENT_BYTES, serveEvents } from "./events.ts";
export { errorOf, type Failure, failureOf, failureSchema } from "./failure.ts";
export { type Beginning, Life, type MigrationBeginning, pluginGone } from "./life.ts";
export { type Pulse, pulseSchema } from "./holds.ts";
export { serveLog } from "./log.ts";
export { copyPlainData } from "../plain-data.ts";
export { type RemoteListener, RemotePort } from "./remote-port.ts";
export { documentsOnly, type MigrationJob, runMigration } from "./run-migration.ts";
export type { EventGrant } from "../permissions/events.ts";
export { covers } from "../permissions/documents.ts";
export type { PermissionKind } from "../permissions/kind.ts";
export { eachKind, KINDS, type KindOf, listsOf } from "../permissions/kinds.ts";
export { allowsRequest, isLocal, urlProblem } from "../permissions/network.ts";
export { copyPlain } from "../plain-data.ts";
export { serveServices } from "./services.ts";
export { type Admission, createAdmission, type PortKeys } from "./sealed/admission.ts";
export { LEAST_RECORD, PORT_WINDOW } from "./sealed/records.ts";
export { sealForHost, sealForPlugin } from "./sealed/sealed-channel.ts";
export { type TaskDesk, serveTasks, tasksOf, taskWanted, turnLost } from "./tasks.ts";
export type { TaskWish } from "./task-wish.ts";
export { servePlugin, type ServedPlugin } from "./serve-plugin.ts";
export { passOnViews } from "./views.ts";
