/** Figures of a plugin, as rows for people. Pure. */

import type { PluginFigures } from "@croft/host";
import { sizeOf } from "./size-of.ts";

/** What, and how much. */
export function monitorRows(figures: PluginFigures): readonly (readonly [string, string])[] {
  const { messages, bytes, holds, activationMs, recent, cache, storage, memory } = figures;
  const opened = cache.hits + cache.misses;
  return [
    ["Started in", activationMs === undefined ? "—" : time(activationMs)],
    ["Crashes", count(figures.crashes)],
    [
      "Messages",
      `${count(messages.in)} from it (${sizeOf(bytes.in)}), ${count(messages.out)} to it`,
    ],
    ["In the last minute", `${count(recent.messages)} messages, ${sizeOf(recent.bytes)}`],
    ["Changes", count(figures.updates)],
    ["Held its thread", `${time(holds.ms)} in all, ${time(holds.longest)} at a time`],
    ["Open documents", count(figures.documents)],
    ...(opened > 0 ? [["From its cache", `${cache.hits} of ${opened} openings`] as const] : []),
    ...(storage === undefined ? [] : [["Kept on this device", sizeOf(storage)] as const]),
    ["Refused calls", count(figures.denied)],
    ["Errors", count(figures.errors)],
    ...(memory === undefined ? [] : [["Memory", sizeOf(memory)] as const]),
  ];
}

function count(amount: number): string {
  return amount.toLocaleString("en");
}

function time(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
