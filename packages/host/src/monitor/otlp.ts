/** Figures in the shape of OpenTelemetry's metrics (OTLP/JSON, as collectors take them at `/v1/metrics`). Pure. */

import type { PluginFigures } from "./figures.ts";

/** What OTLP calls `ExportMetricsServiceRequest`. */
export interface OtlpMetrics {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string; readonly version: string };
      readonly metrics: readonly OtlpMetric[];
    }[];
  }[];
}

/** One thing that is said of what is measured. */
export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** One quantity, by plugin. */
export interface OtlpMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly sum?: {
    /** 2: what is counted since `startTimeUnixNano`. */
    readonly aggregationTemporality: 2;
    readonly isMonotonic: true;
    readonly dataPoints: readonly OtlpPoint[];
  };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
}

/** A value at a time. */
export interface OtlpPoint {
  readonly attributes: readonly OtlpAttribute[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asDouble: number;
}

interface Instrument {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: "sum" | "gauge";
  readonly values: (
    figures: PluginFigures,
  ) => readonly (readonly [value: number | undefined, attributes?: Record<string, string>])[];
}

const INSTRUMENTS: readonly Instrument[] = [
  sum("activations", "{activation}", "Activations of the plugin", (f) => [[f.activations]]),
  sum("crashes", "{crash}", "Unexpected ends of the plugin", (f) => [[f.crashes]]),
  sum("messages", "{message}", "Messages between host and plugin", (f) => both(f.messages)),
  sum("io", "By", "Bytes between host and plugin", (f) => both(f.bytes)),
  sum("updates", "{update}", "Changes of documents that were accepted", (f) => [[f.updates]]),
  sum("denied", "{call}", "Calls refused for want of a permission", (f) =>
    Object.entries(f.deniedBy).map(([name, n]) => [n, { "croft.permission": name }] as const),
  ),
  sum("errors", "{error}", "Errors thrown by the plugin", (f) => [[f.errors]]),
  sum("blocked.time", "s", "Time for which the plugin held its thread", (f) => [
    [f.holds.ms / 1_000],
  ]),
  gauge("activation.duration", "s", "How long the last activation took", (f) => [
    [f.activationMs === undefined ? undefined : f.activationMs / 1_000],
  ]),
  gauge("documents", "{document}", "Open documents", (f) => [[f.documents]]),
  gauge("storage", "By", "Bytes of the plugin's subtree on this device", (f) => [[f.storage]]),
  gauge("memory", "By", "Memory in use, where the platform tells", (f) => [[f.memory]]),
];

/**
 * Writes figures as OTLP/JSON. `since` is when the counting began, `now` when the figures were taken, both in milliseconds
 * since 1970.
 */
export function toOtlp(
  all: readonly PluginFigures[],
  {
    since,
    now,
    workspace,
    version,
  }: {
    readonly since: number;
    readonly now: number;
    readonly workspace: string;
    readonly version: string;
  },
): OtlpMetrics {
  const metrics = INSTRUMENTS.map(({ name, unit, description, kind, values }): OtlpMetric => {
    const dataPoints = all.flatMap((figures) =>
      values(figures).flatMap(([value, attributes]): OtlpPoint[] => {
        if (value === undefined) return [];
        const point = {
          attributes: attributesOf({
            "croft.plugin.id": figures.plugin,
            "croft.plugin.version": figures.version,
            ...attributes,
          }),
          timeUnixNano: nanoseconds(now),
          asDouble: value,
        };
        return [kind === "sum" ? { ...point, startTimeUnixNano: nanoseconds(since) } : point];
      }),
    );
    const described = { name: `croft.plugin.${name}`, description, unit };
    return kind === "gauge"
      ? { ...described, gauge: { dataPoints } }
      : { ...described, sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } };
  });
  const resource = {
    attributes: attributesOf({ "service.name": "croft-host", "croft.workspace.id": workspace }),
  };
  const scope = { name: "@croft/host", version };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
}

function sum(
  name: string,
  unit: string,
  description: string,
  values: Instrument["values"],
): Instrument {
  return { name, unit, description, values, kind: "sum" };
}

function gauge(
  name: string,
  unit: string,
  description: string,
  values: Instrument["values"],
): Instrument {
  return { name, unit, description, values, kind: "gauge" };
}

function both(traffic: PluginFigures["messages"]): ReturnType<Instrument["values"]> {
  return [
    [traffic.in, { "network.io.direction": "receive" }],
    [traffic.out, { "network.io.direction": "transmit" }],
  ];
}

function attributesOf(values: Readonly<Record<string, string>>): readonly OtlpAttribute[] {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** Nanoseconds are more than a number holds: OTLP writes them as text. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms)}000000`;
}
