/**
 * The elements that views are made of, and what they may have: a part of HTML and SVG without anything that loads, links or
 * runs. What is not here is refused where the view is built, too.
 */

import type { ViewChild } from "./node.ts";

/** Somebody clicked, or pressed a key that does the same. */
export interface ViewClick {
  readonly type: string;
}

/** A person changed a field; its value, and whether it is checked. */
export interface ViewInput {
  readonly type: string;
  readonly value: string;
  readonly checked: boolean;
}

/** A key that the element asks for in `keys` was pressed. */
export interface ViewKey {
  /** As the platform names it, for example `Enter`. */
  readonly key: string;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
}

/** A pointer on an element, in CSS pixels from its upper left corner. */
export interface ViewPointer {
  readonly x: number;
  readonly y: number;
  /** As the platform counts them: 1 is the first button. */
  readonly buttons: number;
}

/** A size in CSS pixels, and how many pixels of the screen one of them has. */
export interface ViewSize {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** A person opened or closed it. */
export interface ViewToggle {
  readonly open: boolean;
}

/** Hears of something; what it throws or rejects with is the plugin's problem. The view is shown anew afterwards. */
export type ViewHandler<Event> = (event: Event) => void | Promise<void>;

type Text = string | undefined;
type Count = number | undefined;
type Flag = boolean | undefined;

/** What every element may have. */
export interface AnyProps {
  readonly children?: ViewChild;
  /** Of croft's own classes, for example `c-muted`; there is no other style. */
  readonly class?: Text;
  readonly id?: Text;
  readonly title?: Text;
  readonly role?: Text;
  readonly lang?: Text;
  readonly dir?: "ltr" | "rtl" | "auto" | undefined;
  readonly hidden?: Flag;
  readonly tabindex?: 0 | -1 | undefined;
  /** When it turns true the keyboard goes there, if a person has just done something in the view. */
  readonly focus?: Flag;
  /** Keys that `onKey` hears of, and that do nothing else then: `"Enter ArrowDown"`. */
  readonly keys?: Text;
  readonly onKey?: ViewHandler<ViewKey> | undefined;
  readonly onClick?: ViewHandler<ViewClick> | undefined;
  readonly [aria: `aria-${string}`]: string | number | boolean | undefined;
}

/** Properties of fields that a person fills in. */
export interface FieldProps extends AnyProps {
  readonly value?: string | number | undefined;
  readonly disabled?: Flag;
  readonly required?: Flag;
  readonly name?: Text;
  /** With each change. */
  readonly onInput?: ViewHandler<ViewInput> | undefined;
  /** When a change is over: at Enter, or when the field is left. */
  readonly onChange?: ViewHandler<ViewInput> | undefined;
}

/** Properties of fields for text. */
export interface TextFieldProps extends FieldProps {
  readonly placeholder?: Text;
  readonly readonly?: Flag;
  readonly maxlength?: Count;
  readonly spellcheck?: "true" | "false" | undefined;
}

/** Properties of `input`. */
export interface InputProps extends TextFieldProps {
  readonly type?:
    | "text"
    | "search"
    | "email"
    | "tel"
    | "number"
    | "range"
    | "checkbox"
    | "radio"
    | "date"
    | "time"
    | "month"
    | "week"
    | "datetime-local"
    | "color"
    | undefined;
  readonly checked?: Flag;
  readonly min?: string | number | undefined;
  readonly max?: string | number | undefined;
  readonly step?: string | number | undefined;
}

/** Properties of the cells of a table. */
export interface CellProps extends AnyProps {
  readonly colspan?: Count;
  readonly rowspan?: Count;
}

/** Properties of what an `svg` holds. */
export interface ShapeProps extends AnyProps {
  readonly d?: Text;
  readonly points?: Text;
  readonly x?: Count;
  readonly y?: Count;
  readonly x1?: Count;
  readonly y1?: Count;
  readonly x2?: Count;
  readonly y2?: Count;
  readonly cx?: Count;
  readonly cy?: Count;
  readonly r?: Count;
  readonly rx?: Count;
  readonly ry?: Count;
  readonly width?: number | string | undefined;
  readonly height?: number | string | undefined;
  readonly viewBox?: Text;
  readonly preserveAspectRatio?: Text;
  readonly transform?: Text;
  readonly "text-anchor"?: "start" | "middle" | "end" | undefined;
  readonly "dominant-baseline"?: Text;
  readonly "vector-effect"?: "non-scaling-stroke" | undefined;
}

/** Properties of `progress` and `meter`. */
export interface GaugeProps extends AnyProps {
  readonly value?: Count;
  readonly min?: Count;
  readonly max?: Count;
}

/** The elements that have no properties of their own. */
export type PlainElement =
  | "div"
  | "span"
  | "p"
  | "strong"
  | "em"
  | "small"
  | "del"
  | "mark"
  | "code"
  | "pre"
  | "blockquote"
  | "hr"
  | "br"
  | "h1"
  | "h2"
  | "h3"
  | "h4"
  | "h5"
  | "h6"
  | "ul"
  | "li"
  | "dl"
  | "dt"
  | "dd"
  | "section"
  | "header"
  | "footer"
  | "summary"
  | "fieldset"
  | "legend"
  | "table"
  | "caption"
  | "thead"
  | "tbody"
  | "tr";
/** What an `svg` is drawn with. */
export type ShapeElement =
  | "g"
  | "path"
  | "line"
  | "rect"
  | "circle"
  | "ellipse"
  | "polyline"
  | "polygon";

/** Each element, with its properties. */
export interface ElementProps
  extends Readonly<Record<PlainElement, AnyProps>>, Readonly<Record<ShapeElement, ShapeProps>> {
  readonly ol: AnyProps & { readonly start?: Count };
  readonly label: AnyProps & { readonly for?: Text };
  readonly output: AnyProps & { readonly for?: Text };
  readonly details: AnyProps & {
    readonly open?: Flag;
    readonly onToggle?: ViewHandler<ViewToggle> | undefined;
  };
  readonly button: AnyProps & {
    readonly disabled?: Flag;
    /** The host asks whether it may open this address, once the button was clicked. */
    readonly opens?: Text;
  };
  readonly input: InputProps;
  readonly textarea: TextFieldProps & { readonly rows?: Count };
  readonly select: FieldProps;
  readonly option: AnyProps & { readonly value?: Text; readonly disabled?: Flag };
  readonly optgroup: AnyProps & { readonly label?: Text; readonly disabled?: Flag };
  readonly progress: GaugeProps;
  readonly meter: GaugeProps & {
    readonly low?: Count;
    readonly high?: Count;
    readonly optimum?: Count;
  };
  readonly th: CellProps & { readonly scope?: "col" | "row" | undefined };
  readonly td: CellProps;
  /** Above everything else in the view, while it is `open`. */
  readonly dialog: AnyProps & {
    readonly open?: Flag;
    /** Escape was pressed in it. */
    readonly onCancel?: ViewHandler<ViewClick> | undefined;
  };
  /** Drawn on by the plugin, in its worker. */
  readonly canvas: AnyProps & {
    /** Given once, when it is there. */
    readonly onCanvas?: ViewHandler<OffscreenCanvas> | undefined;
    /** First and whenever it changes. */
    readonly onResize?: ViewHandler<ViewSize> | undefined;
    readonly onPointerdown?: ViewHandler<ViewPointer> | undefined;
    readonly onPointermove?: ViewHandler<ViewPointer> | undefined;
    readonly onPointerup?: ViewHandler<ViewPointer> | undefined;
  };
  readonly svg: ShapeProps;
  readonly text: ShapeProps;
}
