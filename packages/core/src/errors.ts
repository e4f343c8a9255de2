/**
 * The one error class of croft and the list of its codes. Codes are stable: programs compare
 * codes, people read messages.
 */

/** Every code a {@link CroftError} can carry. */
export type ErrorCode =
  /** A doc path, pattern, plugin id or other option is malformed. */
  | "input/invalid"
  /** A value was used after its `dispose()`. */
  | "disposed"
  /** The peer broke the wire protocol; its session is over. */
  | "protocol/violation"
  /** The peer speaks another version of the protocol. */
  | "protocol/version"
  /** The token is missing, expired, malformed or for another workspace. */
  | "auth/refused"
  /** The server says that the token belongs to another user than the local store. */
  | "auth/other-user"
  /** The principal may not do this on this document. */
  | "access/denied"
  /** The update is malformed or breaks a rule of the inspector. */
  | "update/invalid"
  /** The document was deleted; the local edits went to the quarantine. */
  | "document/deleted"
  /** What a document was at some time is not kept any more. */
  | "history/forgotten"
  /** The hub above lost entries that this device has (restored from a backup). */
  | "hub/behind"
  /** The hub above cannot be reached. Work goes on offline. */
  | "link/offline"
  /** This store's writer was replaced by another session with the same identity. */
  | "session/replaced"
  /** The disk or the browser's quota is full; unsaved edits are kept in memory and retried. */
  | "store/full"
  /** The store failed for another reason; unsaved edits are kept in memory and retried. */
  | "store/failed"
  /** The store was written by a newer version of croft. */
  | "store/newer"
  /** The store's content is damaged. */
  | "store/corrupt"
  /** The store belongs to another user or workspace. */
  | "store/foreign"
  /** Another process or tab took the lead over this store. */
  | "store/fenced"
  /** The store was closed or removed under us. */
  | "store/closed"
  /** The store was lost while changes in it waited for the server. */
  | "store/lost"
  /** A record, or a field of one, is not as its collection's schema wants it. */
  | "record/invalid"
  /** A record with this id exists already. */
  | "record/duplicate"
  /** No record has this id. */
  | "record/missing"
  /** A newer version of a collection was written in the document than this program knows. */
  | "collection/outdated"
  /** A plugin's manifest is invalid. */
  | "plugin/manifest"
  /** A plugin's package is damaged, or none. */
  | "plugin/package"
  /** A plugin's package is not signed, or not by whom it should be. */
  | "plugin/signature"
  /** A plugin's package is older than what ran before. */
  | "plugin/downgrade"
  /** A plugin's version, or its publisher, was revoked. */
  | "plugin/revoked"
  /** A plugin's data could not be brought to what a newer version of it needs. */
  | "plugin/migration"
  /** A newer version of a plugin changed its data; this one reads, and writes nothing. */
  | "plugin/outdated"
  /** A list of plugins to install is none, or does not have what is looked for. */
  | "plugin/registry"
  /** A plugin with this id is registered already. */
  | "plugin/duplicate"
  /** No plugin has this id. */
  | "plugin/unknown"
  /** A dependency is missing or cyclic, or its version does not fit. */
  | "plugin/dependency"
  /** A plugin asked for more at a time than is answered. */
  | "plugin/busy"
  /** What a plugin wants of its host, or of another plugin, is not there. */
  | "plugin/unavailable"
  /** A plugin's request to a server was sent and got no answer that can be handed over. */
  | "network/failed"
  /** No registered plugin contributes what was asked for: a command, a setting, an importer or an exporter. */
  | "contribution/unknown"
  /** A plugin takes more than its budget. */
  | "plugin/budget"
  /** A plugin did not answer in time. */
  | "plugin/timeout"
  /** A plugin's view cannot be shown: it is of a kind that is not, or asks for what it may not have. */
  | "plugin/view"
  /** A plugin's code threw while it was activated or deactivated. */
  | "plugin/failed"
  /** A plugin died while it was active. It is started again by itself, unless it crashes too often. */
  | "plugin/crashed"
  /** A plugin crashed, or failed to start, too often: it is not started by itself any more. */
  | "plugin/suspended";

/** Options of {@link CroftError}. */
export interface CroftErrorOptions {
  /** The doc path concerned, if there is one. */
  readonly path?: string | undefined;
  /** The plugin concerned, if there is one. */
  readonly plugin?: string | undefined;
  /** What the person can do next, one sentence. */
  readonly hint?: string | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * A promise that croft could not keep: what happened, to which document or plugin, and what to
 * do next. Expected outcomes (a refused update, no access) are values and events instead.
 */
export class CroftError extends Error {
  override readonly name = "CroftError";
  /** Stable, for programs. */
  readonly code: ErrorCode;
  /** The doc path concerned. */
  readonly path: string | undefined;
  /** The plugin concerned. */
  readonly plugin: string | undefined;
  /** What the person can do next. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: CroftErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path;
    this.plugin = options.plugin;
    this.hint = options.hint;
  }
}

/** Wraps whatever was thrown as a {@link CroftError}, or returns it if it is one. */
export function toCroftError(thrown: unknown, code: ErrorCode, message: string): CroftError {
  if (thrown instanceof CroftError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new CroftError(code, `${message}: ${detail}`, { cause: thrown });
}

/** Ends an exhaustive `switch`: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
