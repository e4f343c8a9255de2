/** The croft server: hubs behind a WebSocket listener, and the tokens that let peers in. */

export type { Authenticate, AuthenticationRequest } from "./authenticate.ts";
export type { BackupOptions } from "./backup/backed-up-stores.ts";
export {
  backUpWorkspaces,
  type BackUpWorkspacesOptions,
  type RestoredWorkspace,
  type RestoredWorkspaces,
  restoreWorkspaces,
  type RestoreWorkspacesOptions,
} from "./backup/back-up-workspaces.ts";
export { parseGrant } from "./grant-text.ts";
export type { OpenAs } from "./local-replicas.ts";
export { type Log, type LogLevel, logToStderr } from "./log.ts";
export type { ListenOptions, ServerOptions } from "./options.ts";
export {
  attachToServer,
  type CroftServer,
  type Health,
  type RunningServer,
  startServer,
} from "./server.ts";
export {
  createTokenVerifier,
  DEFAULT_TOKEN_LIFE,
  type MintOptions,
  mintToken,
  type PluginTokenOptions,
  type PresentedToken,
  type TokenVerifier,
  type TokenVerifierOptions,
  type VerifiedToken,
  type VerifyOptions,
  verifyToken,
} from "./token.ts";
export type { TokenKeysOptions } from "./token-keys.ts";
export { isWorkspaceName } from "./workspace-name.ts";
export type { WebhookEvent, WebhookOptions } from "./webhooks/webhook-options.ts";
export type { Quotas } from "./quotas/quotas.ts";
export type { Span, SpanAttributes, Tracer } from "./tracing.ts";
