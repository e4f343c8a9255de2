/** Components for what views mostly need, made of the elements alone: with labels, roles and keys where they belong. */

import type {
  AnyProps,
  InputProps,
  ViewClick,
  ViewHandler,
  ViewInput,
  ViewPointer,
  ViewSize,
} from "./element-props.ts";
import { h, type ViewChild } from "./node.ts";

/** Children, for components that are nothing without. */
export interface Containing {
  readonly children?: ViewChild;
}

/** A paragraph. */
export function Text(
  props: Containing & { readonly tone?: "normal" | "muted" | "danger" | "strong" | undefined },
): ViewChild {
  const { tone = "normal", children } = props;
  return h("p", { class: tone === "normal" ? undefined : `c-${tone}` }, children);
}

/** A heading; level 2 by default, since the title of the view is the first. */
export function Heading(
  props: Containing & { readonly level?: 2 | 3 | 4 | 5 | 6 | undefined },
): ViewChild {
  const { level = 2, children } = props;
  return h(`h${level}`, null, children);
}

/** A button. */
export function Button(
  props: Containing & {
    readonly onPress: ViewHandler<ViewClick>;
    readonly kind?: "normal" | "primary" | "danger" | "quiet" | undefined;
    readonly disabled?: boolean | undefined;
    /** What a screen reader says instead of the children. */
    readonly label?: string | undefined;
  },
): ViewChild {
  const { onPress, kind = "normal", disabled, label, children } = props;
  const own = { class: kind === "normal" ? undefined : `c-${kind}`, "aria-label": label, disabled };
  return h("button", { ...own, onClick: onPress }, children);
}

/** Looks like a link. The application asks the user, or opens the address, as it likes. */
export function Open(props: Containing & { readonly to: string }): ViewChild {
  return h("button", { class: "c-link", role: "link", opens: props.to }, props.children);
}

/** What all fields have. */
export interface FieldOptions {
  readonly label: string;
  /** Said below the field. */
  readonly hint?: string | undefined;
  /** What is wrong with the value. */
  readonly error?: string | undefined;
  /** The label is for screen readers alone. */
  readonly hideLabel?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly required?: boolean | undefined;
  /** Must differ from that of other fields in the view; default: made of the label. */
  readonly id?: string | undefined;
}

/** A field for a text, a number, a date and the like. */
export function Field(
  props: FieldOptions & {
    readonly type?: Exclude<InputProps["type"], "checkbox" | "radio"> | "textarea";
    readonly value: string | number;
    /** With each change. */
    readonly onInput?: ((value: string) => void | Promise<void>) | undefined;
    /** At Enter, or when the field is left. */
    readonly onChange?: ((value: string) => void | Promise<void>) | undefined;
    /** At Enter, in fields of one line. */
    readonly onEnter?: (() => void | Promise<void>) | undefined;
    readonly placeholder?: string | undefined;
    readonly min?: string | number | undefined;
    readonly max?: string | number | undefined;
    readonly step?: string | number | undefined;
    readonly rows?: number | undefined;
    readonly focus?: boolean | undefined;
  },
): ViewChild {
  const { type = "text", value, placeholder, min, max, step, rows, focus } = props;
  const { onInput, onChange, onEnter } = props;
  const common = {
    ...labelled(props),
    value,
    placeholder,
    focus,
    onInput: onInput && ((event: ViewInput) => onInput(event.value)),
    onChange: onChange && ((event: ViewInput) => onChange(event.value)),
  };
  if (type === "textarea") return around(props, h("textarea", { ...common, rows: rows ?? 4 }));
  const enter = onEnter && { keys: "Enter", onKey: () => onEnter() };
  return around(props, h("input", { ...common, ...enter, type, min, max, step }));
}

/** A box that is checked or not. */
export function Checkbox(
  props: FieldOptions & {
    readonly checked: boolean;
    readonly onChange: (checked: boolean) => void | Promise<void>;
  },
): ViewChild {
  const { checked, onChange, label, hideLabel } = props;
  const own = { ...labelled(props), type: "checkbox", checked } as const;
  const box = h("input", { ...own, onChange: (event) => onChange(event.checked) });
  const text = h("span", { class: hideLabel ? "c-hidden" : undefined }, label);
  return h("div", { class: "c-field" }, h("label", { class: "c-check" }, box, text), below(props));
}

/** One of some options. */
export function Select(
  props: FieldOptions & {
    readonly value: string;
    readonly options: readonly (string | { readonly value: string; readonly label: string })[];
    readonly onChange: (value: string) => void | Promise<void>;
  },
): ViewChild {
  const { value, options, onChange } = props;
  const own = { ...labelled(props), value, onChange: (event: ViewInput) => onChange(event.value) };
  const children = options.map((option) => {
    const { value: key, label } =
      typeof option === "string" ? { value: option, label: option } : option;
    return h("option", { key, value: key }, label);
  });
  return around(props, h("select", own, children));
}

/** Children beside each other, in as many rows as are needed. */
export function Row(
  props: Containing & { readonly align?: "start" | "center" | "end" | "between" | undefined },
): ViewChild {
  const { align = "start", children } = props;
  return h("div", { class: `c-row c-${align}` }, children);
}

/** Children below each other. */
export function Column({ children }: Containing): ViewChild {
  return h("div", { class: "c-column" }, children);
}

/** Children that belong together, in a box with a title. */
export function Group(props: Containing & { readonly title?: string | undefined }): ViewChild {
  const { title, children } = props;
  const heading = title === undefined ? null : h("h3", null, title);
  return h("section", { class: "c-group", "aria-label": title }, heading, children);
}

/** A list; give its items keys. */
export function List(
  props: Containing & {
    readonly ordered?: boolean | undefined;
    /** For lists of things rather than of words: lines between them, and no bullets. */
    readonly plain?: boolean | undefined;
    readonly label?: string | undefined;
  },
): ViewChild {
  const { ordered, plain, label, children } = props;
  // Without bullets some screen readers take it for no list.
  const own: AnyProps = { "aria-label": label, ...(plain && { class: "c-plain", role: "list" }) };
  return h(ordered ? "ol" : "ul", own, children);
}

/** An item of a {@link List}. */
export function Item({ children }: Containing): ViewChild {
  return h("li", null, children);
}

/** A column of a {@link Table}. */
export interface TableColumn<Record> {
  readonly title: string;
  readonly cell: (record: Record) => ViewChild;
  readonly align?: "start" | "end" | undefined;
}

/** A table of records. */
export function Table<Record>(props: {
  readonly caption: string;
  readonly columns: readonly TableColumn<Record>[];
  readonly rows: readonly Record[];
  /** Must differ from row to row. */
  readonly rowKey: (record: Record) => string | number;
}): ViewChild {
  const { caption, columns, rows, rowKey } = props;
  const align = (column: TableColumn<Record>): string | undefined =>
    column.align === "end" ? "c-end" : undefined;
  const head = columns.map((column) =>
    h("th", { key: column.title, scope: "col", class: align(column) }, column.title),
  );
  const body = rows.map((record) => {
    const cells = columns.map((column) =>
      h("td", { key: column.title, class: align(column) }, column.cell(record)),
    );
    return h("tr", { key: rowKey(record) }, cells);
  });
  const table = [h("caption", null, caption), h("thead", null, h("tr", null, head))];
  // Where it is too wide it scrolls, with the keyboard too.
  const scrolling = {
    class: "c-scroll",
    role: "region",
    "aria-label": caption,
    tabindex: 0,
  } as const;
  return h("div", scrolling, h("table", null, table, h("tbody", null, body)));
}

/** A tab of {@link Tabs}. */
export interface Tab {
  /** Of letters, digits and `-`. */
  readonly id: string;
  readonly title: string;
}

/** Tabs, and below them what belongs to the chosen one. Arrow keys go from one to the next. */
export function Tabs(
  props: Containing & {
    readonly label: string;
    readonly tabs: readonly Tab[];
    readonly selected: string;
    readonly onSelect: (id: string) => void | Promise<void>;
  },
): ViewChild {
  const { label, tabs, selected, onSelect, children } = props;
  const buttons = tabs.map(({ id, title }) => {
    const own = {
      key: id,
      role: "tab",
      id: `tab-${id}`,
      "aria-selected": id === selected,
      "aria-controls": id === selected ? `panel-${id}` : undefined,
      tabindex: id === selected ? 0 : -1,
    } as const;
    return h("button", { ...own, onClick: () => onSelect(id) }, title);
  });
  const panel = { role: "tabpanel", id: `panel-${selected}`, "aria-labelledby": `tab-${selected}` };
  return [
    h("div", { class: "c-tabs", role: "tablist", "aria-label": label }, buttons),
    h("div", { ...panel, class: "c-column", key: selected }, children),
  ];
}

/** Something to answer before all else: above the rest of the view. Closed by Escape, too. */
export function Dialog(
  props: Containing & {
    readonly title: string;
    readonly onClose: () => void | Promise<void>;
    /** Must differ from that of other dialogs of the view. */
    readonly id?: string | undefined;
  },
): ViewChild {
  const { title, onClose, id = "dialog", children } = props;
  const own = { open: true, "aria-labelledby": `${id}-title`, onCancel: () => onClose() };
  return h(
    "dialog",
    own,
    h("h2", { id: `${id}-title` }, title),
    h("div", { class: "c-column" }, children),
  );
}

/** How far something is, from 0 to 1; without a value that is not known. */
export function Progress(props: {
  readonly label: string;
  readonly value?: number | undefined;
}): ViewChild {
  return h("progress", { "aria-label": props.label, value: props.value, max: 1 });
}

/** Something that is said when it changes, without taking the keyboard away. */
export function Status({ children }: Containing): ViewChild {
  return h("div", { role: "status", class: "c-muted" }, children);
}

/** A surface that the plugin draws on with the canvas API, in its own thread. */
export function Canvas(props: {
  readonly label: string;
  /** Given once; its `width` and `height` are the plugin's to set, as `onResize` tells. */
  readonly onCanvas: ViewHandler<OffscreenCanvas>;
  readonly onResize?: ViewHandler<ViewSize> | undefined;
  readonly onPointerDown?: ViewHandler<ViewPointer> | undefined;
  readonly onPointerMove?: ViewHandler<ViewPointer> | undefined;
  readonly onPointerUp?: ViewHandler<ViewPointer> | undefined;
  readonly size?: "small" | "medium" | "large" | undefined;
}): ViewChild {
  const { label, onCanvas, onResize, size = "medium" } = props;
  return h("canvas", {
    role: "img",
    "aria-label": label,
    class: `c-${size}`,
    onCanvas,
    onResize,
    onPointerdown: props.onPointerDown,
    onPointermove: props.onPointerMove,
    onPointerup: props.onPointerUp,
  });
}

function labelled(options: FieldOptions): AnyProps & { disabled?: boolean | undefined } {
  const { disabled, required, hint, error } = options;
  const id = idOf(options);
  const more = hint === undefined && error === undefined ? undefined : `${id}-more`;
  return {
    id,
    disabled,
    ...(required && { required }),
    "aria-describedby": more,
    "aria-invalid": error === undefined ? undefined : true,
  };
}

function around(options: FieldOptions, field: ViewChild): ViewChild {
  const own = { for: idOf(options), class: options.hideLabel ? "c-hidden" : undefined };
  return h("div", { class: "c-field" }, h("label", own, options.label), field, below(options));
}

function below(options: FieldOptions): ViewChild {
  const { hint, error } = options;
  if (hint === undefined && error === undefined) return null;
  const tone = error === undefined ? "c-muted" : "c-danger";
  return h("small", { id: `${idOf(options)}-more`, class: tone }, error ?? hint);
}

function idOf({ id, label }: FieldOptions): string {
  return id ?? `field-${label.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
}
