/** How plugins describe their views. */

export { BarChart, type ChartPoint, type ChartProps, LineChart, Sparkline } from "./charts.ts";
export type {
  AnyProps,
  CellProps,
  ElementProps,
  FieldProps,
  GaugeProps,
  InputProps,
  PlainElement,
  ShapeElement,
  ShapeProps,
  TextFieldProps,
  ViewClick,
  ViewHandler,
  ViewInput,
  ViewKey,
  ViewPointer,
  ViewSize,
  ViewToggle,
} from "./element-props.ts";
export {
  Button,
  Canvas,
  Checkbox,
  Column,
  type Containing,
  Dialog,
  Field,
  type FieldOptions,
  Group,
  Heading,
  Item,
  List,
  Open,
  Progress,
  Row,
  Select,
  Status,
  type Tab,
  Table,
  type TableColumn,
  Tabs,
  Text,
} from "./elements.ts";
export { type Component, Fragment, h, type Keyed, type ViewChild, type ViewNode } from "./node.ts";
export type { ViewPlace, ViewRender } from "./view-session.ts";
export type {
  Attributes,
  AttributeValue,
  Patch,
  ViewEnvironment,
  ViewMessage,
  ViewReport,
  WireNode,
} from "./wire.ts";
