/** The topic by which croft tells that documents changed, and what an event of it holds. */

import type { DocPath } from "@croft/core";

/** The built-in topic that tells which documents changed. */
export const DATA_CHANGED = "data_changed";

/** An event of {@link DATA_CHANGED}: something was committed to a document on this device. */
export interface DataChanged {
  readonly path: DocPath;
  /**
   * Who wrote the newest of the changes that the event stands for: a user (`ada`), or a plugin
   * acting for one, with its version where that is known (`ada/notes@1.2.0`; `parseStamp` takes it apart). Under load one event stands for several changes of a document.
   */
  readonly author: string;
  /** Whether they were made on this device, in whichever tab, or came from the server. */
  readonly origin: "device" | "remote";
  /**
   * Whether the listening plugin itself wrote it, here or on any other device. Always `false` for
   * the application.
   */
  readonly byThisPlugin: boolean;
}
