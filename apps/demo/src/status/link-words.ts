/** Says in words how the link to the server is. Pure. */

import { type SyncState, unreachable } from "@croft/core";
import type { Words } from "./save-words.ts";

/** The state of the link, and whether trying again at once would make sense. */
export interface LinkWords extends Words {
  readonly canRetry: boolean;
}

/** Words for the link. */
export function linkWords(sync: SyncState): LinkWords {
  switch (sync.name) {
    case "none":
      return { text: "On this device only.", tone: "good", canRetry: false };
    case "paused":
      return { text: "Offline, as you asked.", tone: "waiting", canRetry: false };
    case "connecting":
      return { text: "Connecting…", tone: "busy", canRetry: false };
    case "online":
      return { text: "Connected", tone: "good", canRetry: false };
    case "offline":
      return {
        text: "Working offline. The server cannot be reached.",
        tone: "waiting",
        canRetry: true,
      };
    case "refused":
      return {
        text: "Working offline. The server does not let you in.",
        tone: "bad",
        canRetry: true,
      };
    default:
      return unreachable(sync);
  }
}
