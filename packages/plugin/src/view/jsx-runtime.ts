/** What TypeScript and bundlers make of JSX when `jsxImportSource` is `@croft/plugin/view`. */

import type { ElementProps } from "./element-props.ts";
import {
  type Component,
  Fragment,
  type Keyed,
  keyOf,
  type ViewChild,
  type ViewNode,
} from "./node.ts";

export { Fragment };

/** What JSX means in a view. */
// oxlint-disable-next-line typescript/no-namespace -- this is where TypeScript looks for it
export namespace JSX {
  export type ElementType = keyof ElementProps | Component<never>;
  export type Element = ViewChild;
  export interface ElementChildrenAttribute {
    readonly children: unknown;
  }
  export type IntrinsicAttributes = Keyed;
  export type IntrinsicElements = {
    readonly [Tag in keyof ElementProps]: ElementProps[Tag] & Keyed;
  };
}

/** Describes an element, as {@link h} does; for compilers. */
export function jsx(
  type: string | Component<never>,
  props: Readonly<Record<string, unknown>>,
  key?: unknown,
): ViewNode {
  return { type, props, key: keyOf(key) };
}

export { jsx as jsxDEV, jsx as jsxs };
