/** How the link to the server is, in the words of applications. */

import { CroftError } from "../errors.ts";
import type { ClientSession } from "../session/client-session.ts";

/** How the link to the server is. */
export type SyncState =
  /** There is no server. */
  | { readonly name: "none" }
  /** Held offline on purpose. */
  | { readonly name: "paused" }
  | { readonly name: "connecting" }
  | { readonly name: "online" }
  /** Not reachable; croft tries again by itself. */
  | { readonly name: "offline"; readonly reason: string }
  /** The server said no; edits are kept on this device. Sign in and call `retry`. */
  | { readonly name: "refused"; readonly error: CroftError };

/** The {@link SyncState} of a link's session. */
export function describeSession({ state, error }: ClientSession): SyncState {
  switch (state.name) {
    case "stopped":
      return { name: "paused" };
    case "connecting":
      // A retry is not news; whoever looks sees offline until it has worked.
      return state.attempt === 1
        ? { name: "connecting" }
        : { name: "offline", reason: "trying again" };
    case "greeting":
      return { name: "connecting" };
    case "open":
      return { name: "online" };
    case "waiting":
      return { name: "offline", reason: state.reason || "the server cannot be reached" };
    case "refused":
      return {
        name: "refused",
        error:
          error ??
          new CroftError("auth/refused", `The server refused the session: ${state.reason}.`),
      };
  }
}
