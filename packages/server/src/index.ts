/** The croft server: hubs behind a WebSocket listener, and the tokens that let peers in. */

export { parseGrant } from "./grant-text.ts";
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
  DEFAULT_TOKEN_LIFE,
  type MintOptions,
  mintToken,
  type VerifiedToken,
  type VerifyOptions,
  verifyToken,
} from "./token.ts";
export { isWorkspaceName } from "./workspace-name.ts";
