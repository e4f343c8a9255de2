/** What the supervisors of a host share, and what they hear of besides: what plugins write, and that the page goes. */

import {
  type Clock,
  type CroftError,
  parseStamp,
  randomBytes,
  type Unsubscribe,
} from "@croft/core";
import { createTransientMemory } from "./host-memory.ts";
import type { HostedWorkspace, PluginHostOptions } from "./plugin-host.ts";
import type { Deadlines } from "./plugin-runner.ts";
import { LineUp } from "./line-up.ts";
import { openStartJournal } from "./start-journal.ts";
import { SUPERVISION } from "./supervision.ts";
import type { SupervisorTools } from "./supervisor.ts";

/** What {@link createSupervisorTools} needs beside the host's own options. */
export interface ToolsContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly onProblem: (problem: CroftError) => void;
  /** The page goes for good. */
  readonly onGone: () => void;
}

/** Creates the tools, and what ends them. */
export function createSupervisorTools(
  { memory = createTransientMemory(), ...options }: Omit<PluginHostOptions, "workspace">,
  { clock, deadlines, onProblem, onGone }: ToolsContext,
): SupervisorTools & { readonly stop: Unsubscribe } {
  const journal = openStartJournal({
    memory,
    now: () => clock.now(),
    // A start that failed is cleaned up before it is noted.
    patience: deadlines.activate + 2 * deadlines.deactivate,
    onProblem,
  });
  const stop = memory.onLeave?.((forGood) => {
    journal.leave();
    if (forGood) onGone();
  });
  const settings = { ...SUPERVISION, ...options.supervision };
  return {
    clock,
    random: options.random ?? randomBytes,
    settings,
    journal,
    lineUp: new LineUp(settings),
    stop: stop ?? (() => undefined),
  };
}

/** Notes what plugins of this device write: of those that run elsewhere nobody here sees it otherwise. */
export function noteWrites(
  workspace: Pick<HostedWorkspace, "user" | "onChanged">,
  noted: (plugin: string, what: string) => void,
): Unsubscribe {
  return workspace.onChanged(({ author, origin, path }) => {
    const { user, plugin } = parseStamp(author);
    if (origin !== "below" || user !== workspace.user || plugin === undefined) return;
    noted(plugin, `changed ${path}`);
  });
}
