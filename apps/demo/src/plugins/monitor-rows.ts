/** Figures of a plugin, as rows for people. Pure. */

import { describeBytes, describeMs, type PluginFigures } from "@croft/host";

/** What, and how much. */
export function monitorRows(figures: PluginFigures): readonly (readonly [string, string])[] {
  const { messages, bytes, holds, activationMs, recent, cache, storage, memory } = figures;
  const opened = cache.hits + cache.misses;
  return [
    ["Started in", activationMs === undefined ? "—" : describeMs(activationMs)],
    ["Crashes", count(figures.crashes)],
    [
      "Messages",
      `${count(messages.in)} from it (${describeBytes(bytes.in)}), ${count(messages.out)} to it`,
    ],
    ["In the last minute", `${count(recent.messages)} messages, ${describeBytes(recent.bytes)}`],
    ["Changes", count(figures.updates)],
    ["Held its thread", `${describeMs(holds.ms)} in all, ${describeMs(holds.longest)} at a time`],
    ["Open documents", count(figures.documents)],
    ...(opened > 0 ? [["From its cache", `${cache.hits} of ${opened} openings`] as const] : []),
    ...(storage === undefined ? [] : [["Kept on this device", describeBytes(storage)] as const]),
    ["Refused calls", count(figures.denied)],
    ["Errors", count(figures.errors)],
    ...(memory === undefined ? [] : [["Memory", describeBytes(memory)] as const]),
  ];
}

function count(amount: number): string {
  return amount.toLocaleString("en");
}
