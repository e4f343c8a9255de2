/** How a plugin describes a view: elements with properties, components as functions, and what is in them. */

import type { ElementProps } from "./element-props.ts";

/** What can be in an element: nothing for `null`, `undefined` and booleans. */
export type ViewChild =
  | ViewNode
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly ViewChild[];

/** An element or a component with its properties. Made by {@link h} or JSX. */
export interface ViewNode {
  readonly type: string | Component<never>;
  readonly props: Readonly<Record<string, unknown>>;
  /** Tells it from its siblings, so that it stays the same one when they change places. */
  readonly key: string | number | undefined;
}

/** A function from properties to what is shown. */
export type Component<Props = object> = (props: Props) => ViewChild;

/** What every element and component may have. */
export interface Keyed {
  readonly key?: string | number | undefined;
}

/**
 * Describes an element or a component; JSX makes calls like these.
 *
 * @example
 * ```ts
 * h("p", { class: "c-muted" }, "Seven ", h("strong", null, "words"));
 * ```
 */
export function h<Tag extends keyof ElementProps>(
  type: Tag,
  props?: (ElementProps[Tag] & Keyed) | null,
  ...children: readonly ViewChild[]
): ViewNode;
export function h<Props>(
  type: Component<Props>,
  props: (Omit<Props, "children"> & Keyed) | null,
  ...children: readonly ViewChild[]
): ViewNode;
export function h(
  type: string | Component<never>,
  props: object | null = null,
  ...children: readonly ViewChild[]
): ViewNode {
  const { key, ...rest }: Readonly<Record<string, unknown>> = { ...props };
  const all = children.length === 0 ? rest : { ...rest, children };
  return { type, props: all, key: keyOf(key) };
}

/** Shows its children, and nothing around them. */
export function Fragment({ children }: { readonly children?: ViewChild }): ViewChild {
  return children;
}

/** A key as it is compared. */
export function keyOf(key: unknown): string | number | undefined {
  return typeof key === "string" || typeof key === "number" ? key : undefined;
}
