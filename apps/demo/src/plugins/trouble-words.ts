/** What went wrong with a plugin, in words. Pure. */

import type { Deed, Mishap, PluginStatus, TroubleReport } from "@croft/host";

/** In one sentence, with the plugin's name before it: what it did last, as far as that is known. */
export function troubleInWords({ kind, mishaps }: TroubleReport): string {
  const times = mishaps.length === 1 ? "once" : `${mishaps.length} times`;
  const what = kind === "crash" ? `crashed ${times}` : `failed to start ${times}`;
  return `${what}. ${lastInWords(lastDeed(mishaps))}`;
}

/** What it did before a mishap. */
export function lastInWords(last: Deed | undefined): string {
  return last ? `The last thing that it did: it ${last.what}.` : "It had done nothing before.";
}

/** The last thing that is known of all that it did. */
function lastDeed(mishaps: readonly Mishap[]): Deed | undefined {
  return mishaps.findLast(({ last }) => last)?.last;
}

/** Those that do not run because of what happened to them, or that something happened to before this start. */
export function inTrouble(
  statuses: readonly PluginStatus[],
): readonly (PluginStatus & { readonly trouble: TroubleReport })[] {
  return statuses.flatMap((status) => {
    const { trouble } = status;
    return trouble && trouble.mishaps.length > 0 ? [{ ...status, trouble }] : [];
  });
}
