/**
 * What the two ends of a view say to each other over its port: the plugin describes nodes and how they change, and the
 * other side builds them and tells what people do. Plain data, but for the canvas that a plugin draws on. The building side
 * trusts nothing of it: see `view-renderer.ts` of the host.
 */

/** Values of attributes; `true` stands for an attribute without one, `null` takes it away. */
export type AttributeValue = string | number | true | null;

/**
 * Attributes by name. Beside those of HTML there are `on` (the events to tell of), `keys` (the keys to tell of) and
 * `focus` (the keyboard should go there, if a person is at work in the view).
 */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A text, or an element with all that is in it. */
export type WireNode =
  | readonly [id: number, text: string]
  | readonly [id: number, tag: string, attributes: Attributes, children: readonly WireNode[]];

/** One change. The root is the node 0; before the node 0 is at the end. */
export type Patch =
  | readonly ["add", parent: number, before: number, node: WireNode]
  | readonly ["move", id: number, before: number]
  | readonly ["drop", id: number]
  | readonly ["set", id: number, attributes: Attributes]
  | readonly ["text", id: number, text: string];

/**
 * From the plugin. `seen` is the number of the last event that it knew of: a value that a person changed since is not set.
 * After one of these it waits for `done`.
 */
export type ViewMessage =
  | readonly ["patch", seen: number, patches: readonly Patch[]]
  | readonly ["failed", message: string];

/** To the plugin. Nothing is described before the first `about`. */
export type ViewReport =
  | readonly ["about", ViewEnvironment]
  | readonly ["done"]
  | readonly ["event", number: number, id: number, type: string, data: unknown]
  | readonly ["canvas", id: number, canvas: OffscreenCanvas];

/** What is around a view. */
export interface ViewEnvironment {
  /** The language of the application, for example `en` or `pt-BR`. */
  readonly lang: string;
  /** Whether it is shown on a light or on a dark ground. */
  readonly scheme: "light" | "dark";
  /** The application's theme: values by the names of custom properties, for what is drawn on a canvas. */
  readonly theme: Readonly<Record<string, string>>;
}
