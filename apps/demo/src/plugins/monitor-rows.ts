/** Figures of a plugin, as rows for people. Pure. */

import type { PluginFigures } from "@croft/host";

/** What, and how much. */
export function monitorRows(figures: PluginFigures): readonly (readonly [string, string])[] {
  const { messages, bytes, holds, activationMs, recent, cache, memory } = figures;
  const opened = cache.hits + cache.misses;
  return [
    ["Started in", activationMs === undefined ? "—" : time(activationMs)],
    ["Crashes", count(figures.crashes)],
    ["Messages", `${count(messages.in)} from it (${size(bytes.in)}), ${count(messages.out)} to it`],
    ["In the last minute", `${count(recent.messages)} messages, ${size(recent.bytes)}`],
    ["Changes", count(figures.updates)],
    ["Held its thread", `${time(holds.ms)} in all, ${time(holds.longest)} at a time`],
    ["Open documents", count(figures.documents)],
    ...(opened > 0 ? [["From its cache", `${cache.hits} of ${opened} openings`] as const] : []),
    ["Refused calls", count(figures.denied)],
    ["Errors", count(figures.errors)],
    ...(memory === undefined ? [] : [["Memory", size(memory)] as const]),
  ];
}

function count(amount: number): string {
  return amount.toLocaleString("en");
}

function time(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000
    ? `${(bytes / 1_000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
