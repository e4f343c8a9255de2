/** Finds the meter of an activation: for what passes to a plugin that runs apart, where only its context is known. */

import type { PluginContext } from "@croft/plugin";
import type { PluginMeter } from "./meter.ts";

const meters = new WeakMap<PluginContext, PluginMeter>();

/** What an activation does is measured by this. */
export function measureBy(context: PluginContext, meter: PluginMeter): void {
  meters.set(context, meter);
}

/** The meter of an activation, where its host has one. */
export function meterOf(context: PluginContext): PluginMeter | undefined {
  return meters.get(context);
}
