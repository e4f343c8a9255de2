/** Small charts: given as data, drawn in the theme's colours, and read out as a table. */

import { h, type ViewChild } from "./node.ts";

/** A point of a chart. */
export interface ChartPoint {
  readonly label: string;
  readonly value: number;
}

/** What charts are given. */
export interface ChartProps {
  /** What it shows, in a few words. */
  readonly label: string;
  readonly points: readonly ChartPoint[];
}

const WIDTH = 420;
const HEIGHT = 170;
const PAD = { left: 44, right: 10, top: 12, bottom: 24 };
const INNER = {
  width: WIDTH - PAD.left - PAD.right,
  height: HEIGHT - PAD.top - PAD.bottom,
};

/** A line through the points. */
export function LineChart(props: ChartProps): ViewChild {
  const { points } = props;
  const scale = scaleOf(points);
  const step = INNER.width / Math.max(1, points.length - 1);
  const places = points.map(({ value }, index) => ({
    x: PAD.left + index * step,
    y: scale.y(value),
  }));
  const line = places.map(({ x, y }) => `${round(x)},${round(y)}`).join(" ");
  const base = scale.y(0);
  const area = `${PAD.left},${round(base)} ${line} ${round(places.at(-1)?.x ?? 0)},${round(base)}`;
  return chart(props, [
    axis(scale),
    h("polygon", { class: "c-area", points: area }),
    h("polyline", { class: "c-line", points: line }),
    labels(points, (index) => places[index]?.x ?? 0),
  ]);
}

/** A bar for each point. */
export function BarChart(props: ChartProps): ViewChild {
  const { points } = props;
  const scale = scaleOf(points);
  const step = INNER.width / Math.max(1, points.length);
  const width = Math.min(48, step * 0.7);
  const middle = (index: number): number => PAD.left + (index + 0.5) * step;
  const bars = points.map(({ label, value }, index) => {
    const [top, bottom] = [scale.y(Math.max(0, value)), scale.y(Math.min(0, value))];
    const place = { x: round(middle(index) - width / 2), y: round(top), width: round(width) };
    return h("rect", { key: label, class: "c-bar", ...place, height: round(bottom - top), rx: 2 });
  });
  return chart(props, [axis(scale), bars, labels(points, middle)]);
}

/** A line as high as a word, without axes. */
export function Sparkline(props: {
  readonly label: string;
  readonly values: readonly number[];
}): ViewChild {
  const { label } = props;
  const values = props.values.filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = 96 / Math.max(1, values.length - 1);
  const points = values
    .map(
      (value, at) =>
        `${round(2 + at * step)},${round(22 - ((value - low) / (high - low || 1)) * 20)}`,
    )
    .join(" ");
  const own = { class: "c-spark", viewBox: "0 0 100 24", role: "img", "aria-label": label };
  return h("svg", own, h("polyline", { class: "c-line", points }));
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly y: (value: number) => number;
}

function scaleOf(points: readonly ChartPoint[]): Scale {
  const values = points.map(({ value }) => value).filter(Number.isFinite);
  const low = Math.min(0, ...values);
  const high = niceAbove(Math.max(low < 0 ? 0 : 1e-9, ...values));
  const y = (value: number): number =>
    PAD.top + INNER.height * (1 - ((Number.isFinite(value) ? value : 0) - low) / (high - low));
  return { low, high, y };
}

/** The next of 1, 2, 5, 10, … that is not below. */
function niceAbove(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function axis({ low, high, y }: Scale): ViewChild {
  const marks = low < 0 ? [low, 0, high] : [0, high / 2, high];
  return marks.map((mark) => {
    const at = round(y(mark));
    return h(
      "g",
      { key: `mark-${mark}` },
      h("line", { class: "c-grid", x1: PAD.left, x2: WIDTH - PAD.right, y1: at, y2: at }),
      h("text", { x: PAD.left - 8, y: at + 4, "text-anchor": "end" }, short(mark)),
    );
  });
}

function labels(points: readonly ChartPoint[], x: (index: number) => number): ViewChild {
  // So many that they do not run into each other.
  const every = Math.ceil(points.length / 8);
  return points.map(({ label }, index) => {
    if (index % every !== 0) return null;
    const place = { x: round(x(index)), y: HEIGHT - 6, "text-anchor": "middle" } as const;
    return h("text", { key: `label-${index}`, ...place }, label.slice(0, 12));
  });
}

/** The drawing, and the same as a table for those who do not see it. */
function chart({ label, points }: ChartProps, drawing: ViewChild): ViewChild {
  const own = { class: "c-chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": true };
  const rows = points.map((point, index) =>
    h(
      "tr",
      { key: index },
      h("th", { scope: "row" }, point.label),
      h("td", null, short(point.value)),
    ),
  );
  const table = h("table", null, h("caption", null, label), h("tbody", null, rows));
  return [h("svg", own, drawing), h("div", { class: "c-hidden" }, table)];
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "–";
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
