/** What IndexedDB throws, in the codes of the store contract. */

import { CroftError, toCroftError } from "@croft/core";

/** The error of a database that went away or of a store that was closed. */
export function closedError(message: string, cause?: unknown): CroftError {
  return new CroftError("store/closed", message, {
    hint: "Reload to open the store again; what is saved is still there unless it was deleted.",
    cause,
  });
}

/** Translates what an open request failed with. */
export function openFailure(thrown: unknown, name: string): CroftError {
  switch (nameOf(thrown)) {
    case "VersionError":
      return new CroftError(
        "store/newer",
        `The database ${JSON.stringify(name)} was written by a newer version of croft.`,
        { hint: "Reload to get the newest version of the application.", cause: thrown },
      );
    case "UnknownError":
    case "DataError":
    case "NotReadableError":
      return corrupt(`The browser cannot open the database ${JSON.stringify(name)}`, thrown);
    case "SecurityError":
      return new CroftError("store/failed", "The browser does not let this page store anything.", {
        hint: "Allow the site to store data, or leave private browsing.",
        cause: thrown,
      });
    default:
      return operationFailure(thrown);
  }
}

/** Translates what a transaction or one of its requests failed with. */
export function operationFailure(thrown: unknown): CroftError {
  switch (nameOf(thrown)) {
    case "QuotaExceededError":
      return new CroftError("store/full", "The browser's storage for this site is full.", {
        hint: "Free space on the disk or in the application; nothing of the change was stored.",
        cause: thrown,
      });
    case "NotFoundError":
    case "NotReadableError":
      return corrupt("The database has lost some of its content", thrown);
    default:
      return toCroftError(thrown, "store/failed", "The database failed");
  }
}

/** Whether `thrown` means that this connection will never work again. */
export function isConnectionLost(thrown: unknown): boolean {
  const name = nameOf(thrown);
  // `InvalidStateError` comes from starting a transaction on a closed connection. Safari's database
  // process dies without a `close` event; only its message tells (yjs/y-indexeddb#44).
  if (name === "InvalidStateError") return true;
  return (
    name === "UnknownError" && thrown instanceof Error && /connection .*lost/i.test(thrown.message)
  );
}

function corrupt(what: string, cause: unknown): CroftError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new CroftError("store/corrupt", `${what}: ${detail}`, {
    hint: "Restart the browser; if that does not help, export what can be read and reset the store.",
    cause,
  });
}

function nameOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? thrown.name : undefined;
}
