/** Says in words what is saved where. Pure. */

import { type DocumentState, type SyncState, unreachable } from "@croft/core";

/** How a status looks: nothing to see, under way, waiting for the network, or trouble. */
export type Tone = "good" | "busy" | "waiting" | "bad";

/** A status in words. */
export interface Words {
  readonly text: string;
  readonly tone: Tone;
}

/** What becomes of the edits of a document. */
export function saveWords(document: DocumentState, sync: SyncState): Words {
  if (!document.ready) return { text: "Opening…", tone: "busy" };
  switch (document.saved) {
    case "memory":
      return document.error
        ? { text: "Not saved yet: kept in this window", tone: "bad" }
        : { text: "Saving…", tone: "busy" };
    case "device":
      return onDevice(document, sync);
    case "server":
      return sync.name === "online"
        ? { text: "Saved on the server", tone: "good" }
        : { text: "All changes are on the server", tone: "waiting" };
    default:
      return unreachable(document.saved);
  }
}

function onDevice({ waiting }: DocumentState, sync: SyncState): Words {
  switch (sync.name) {
    case "none":
      return { text: "Saved on this device", tone: "good" };
    case "online":
      return { text: "Saving…", tone: "busy" };
    case "connecting":
    case "offline":
    case "paused":
      return { text: `Saved on this device; ${changes(waiting)} waiting`, tone: "waiting" };
    case "refused":
      return { text: `Saved on this device; ${changes(waiting)} not sent`, tone: "bad" };
    default:
      return unreachable(sync);
  }
}

function changes(count: number): string {
  return count === 1 ? "1 change" : `${count} changes`;
}
