/** What the test and the processes of authors tell each other. */

import type { Traffic } from "../support/counting-channel.ts";

/** Given to an author's process when it starts. */
export interface AuthorOrders {
  readonly trace: "friendsforever" | "automerge-paper";
  readonly agent: 0 | 1;
  readonly user: string;
  readonly url: string;
  readonly token: string;
  readonly workspace: string;
  readonly document: string;
  /** The SQLite file of the device. */
  readonly store: string;
  /** Where the process will be killed. */
  readonly crash: CrashPlan | undefined;
  /** An earlier process with this store was killed there; absent for a new store. */
  readonly crashed: CrashPlan | undefined;
}

/** Somewhere between these counts of keystrokes (or batches) an author's process is killed. */
export interface CrashPlan {
  readonly from: number;
  readonly to: number;
  readonly offline: boolean;
}

/** From an author's process. Each message tells the traffic until then. */
export type AuthorMessage = { readonly traffic: Traffic } & AuthorNews;

/** What an author's process has to say. */
export type AuthorNews =
  /** The store was read; it had so many keystrokes (or batches). */
  | { readonly type: "started"; readonly own: number }
  | { readonly type: "progress"; readonly own: number }
  /** The author waits to see this many keystrokes of the other one, and no more. */
  | { readonly type: "look"; readonly sees: number }
  /** The author types on and expects to be killed now. */
  | { readonly type: "kill-me" }
  | {
      readonly type: "finished";
      readonly text: string;
      readonly times: AuthorTimes;
      /** How many keystrokes were typed offline. */
      readonly offline: number;
    };

/** Milliseconds from the start of typing. */
export interface AuthorTimes {
  readonly typed: number;
  readonly onDevice: number;
  readonly onServer: number;
}

/** To an author's process. */
export type AuthorCommand =
  /** The other author waits to see this many keystrokes. */
  | { readonly type: "show"; readonly count: number }
  /** Save what is to be saved, and end. */
  | { readonly type: "stop" };
