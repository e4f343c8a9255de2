/** What the app offers to every view in it. */

import type { SyncState, Workspace } from "@croft/core";
import { createContext, useContext } from "react";
import type { Guest } from "../people/guest.ts";
import type { Dock } from "../plugins/dock.tsx";
import type { PluginManager } from "../plugins/manager.ts";

/** A short message that goes away by itself. */
export interface Notice {
  readonly text: string;
  readonly tone?: "good" | "bad";
  /** Something that can be done about it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** The app around a view. */
export interface ShellServices {
  readonly workspace: Workspace;
  readonly sync: SyncState;
  readonly plugins: PluginManager;
  /** The view beside the notes. */
  readonly dock: Dock;
  readonly guest: Guest;
  readonly setGuest: (guest: Guest) => void;
  readonly notify: (notice: Notice) => void;
}

/** Provided by the shell. */
export const ShellContext = createContext<ShellServices | undefined>(undefined);

/** The app around this view. */
export function useShell(): ShellServices {
  const shell = useContext(ShellContext);
  if (!shell) throw new Error("useShell works only inside of the shell");
  return shell;
}
