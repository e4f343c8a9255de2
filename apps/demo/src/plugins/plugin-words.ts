/** Says in words how a plugin is: whether it may run, and what it does now. Pure. */

import { type CroftError, unreachable } from "@croft/core";
import type { InstalledPlugin, PluginState } from "@croft/host";
import type { Words } from "../status/save-words.ts";

/** How a plugin is, in words. */
export interface PluginWords extends Words {
  /** Why, where that is not plain. */
  readonly reason?: CroftError;
  /** Whether a person can have it started now. */
  readonly canStart?: boolean;
}

/** Words for an installed plugin; `state` is what the host says of it, if it is there. */
export function pluginWords(
  { standing }: Pick<InstalledPlugin, "standing">,
  state: PluginState | undefined,
): PluginWords {
  switch (standing.name) {
    case "ready":
      return state ? stateWords(state) : { text: "Starting…", tone: "busy" };
    case "disabled":
      return { text: "Off", tone: "busy" };
    case "waiting":
      return { text: "Waiting for its package", tone: "waiting" };
    case "unasked":
      return { text: "Needs your consent", tone: "waiting" };
    case "young":
      return { text: "Waits until the release is older", tone: "waiting" };
    case "migrating":
      return standing.waitsFor === "server"
        ? { text: "Waits for the server, to bring its data over", tone: "waiting" }
        : { text: "Brings its data over…", tone: "busy" };
    case "refused":
      return { text: "Refused", tone: "bad", reason: standing.error };
    default:
      return unreachable(standing);
  }
}

/** Words for what runs, or does not. */
export function stateWords(state: PluginState): PluginWords {
  switch (state.name) {
    case "registered":
      return { text: "Ready, until it is needed", tone: "good", canStart: true };
    case "activating":
      return { text: "Starting…", tone: "busy" };
    case "active":
      return { text: "Running", tone: "good" };
    case "deactivating":
      return { text: "Stopping…", tone: "busy" };
    case "inactive":
      return { text: "Stopped", tone: "waiting", canStart: true };
    case "crashing":
    case "crashed":
      return { text: "Crashed; it is started again soon", tone: "bad", reason: state.error };
    case "suspended":
      return {
        text: "Stopped after failing again and again",
        tone: "bad",
        reason: state.error,
        canStart: true,
      };
    case "failed":
      return { text: "Failed", tone: "bad", reason: state.error, canStart: true };
    default:
      return unreachable(state);
  }
}
