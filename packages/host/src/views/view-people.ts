/**
 * What people do in a view: told to the plugin as plain data, and only where it asked for it. Scripts cannot act as a person:
 * what the browser does not vouch for is nothing. A part of the boundary: see `view-renderer.ts`.
 */

import { EVENTS } from "./view-allowed.ts";

/** A node that a plugin described. */
export interface Part {
  readonly id: number;
  readonly node: Element | Text;
  /** Characters of text. */
  size: number;
  /** Events that the plugin asked for, and those that are listened to. */
  on: ReadonlySet<string>;
  readonly heard: Set<string>;
  keys: ReadonlySet<string>;
  /** What a person opens by a click. */
  opens: string | undefined;
  /** Whether it is a dialog that should be open. */
  open: boolean;
  /** The last event in which a person changed it. */
  edited: number;
}

/** What it works with. */
export interface PeopleOptions {
  readonly root: HTMLElement;
  readonly partOf: (node: unknown) => Part | undefined;
  /** Tells the plugin of an event; returns its number. */
  readonly send: (part: Part, type: string, data: unknown) => number;
  readonly onOpen: (address: string) => void;
  /** Escape was pressed where it means nothing. */
  readonly onEscape: () => void;
}

/** See the top of this file. */
export interface People {
  /** Listens to what the plugin asks for of a part. */
  listenTo(part: Part): void;
  dispose(): void;
}

/** Creates a {@link People}. */
export function createPeople({ root, partOf, send, onOpen, onEscape }: PeopleOptions): People {
  const report = (part: Part, type: string, data: unknown): void => {
    if (!part.on.has(type)) return;
    const number = send(part, type, data);
    if (type === "input") part.edited = number;
  };
  const hear = (event: Event): void => {
    const { currentTarget: node, type } = event;
    const part = partOf(node);
    if (!event.isTrusted || !part || !(node instanceof Element)) return;
    if (type === "click" && part.opens !== undefined) onOpen(part.opens);
    if (type === "click") report(part, type, { type });
    else if (type === "toggle") report(part, type, { open: node.hasAttribute("open") });
    else if (type === "input" || type === "change") report(part, type, { type, ...valueOf(node) });
    else if (event instanceof PointerEvent) {
      report(part, type, { x: event.offsetX, y: event.offsetY, buttons: event.buttons });
    } else if (event instanceof KeyboardEvent && part.keys.has(event.key) && !event.isComposing) {
      const { key, shiftKey: shift, ctrlKey: ctrl, altKey: alt, metaKey: meta } = event;
      if (key === "Tab" || key === "Escape") return;
      event.preventDefault();
      report(part, "key", { key, shift, ctrl, alt, meta });
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    const { target, key } = event;
    if (!event.isTrusted || event.isComposing || !(target instanceof Element)) return;
    if (key === "Escape") {
      const dialog = partOf(target.closest("dialog") ?? root.querySelector("dialog[open]"));
      if (dialog) report(dialog, "cancel", { type: "cancel" });
      else onEscape();
    } else if (/^(Arrow(Left|Right)|Home|End)$/.test(key) && target.matches("[role=tab]")) {
      nextTab(target, key)?.focus();
    } else return;
    event.preventDefault();
  };
  root.addEventListener("keydown", onKey);
  return {
    listenTo(part) {
      const types = [...part.on];
      if (part.keys.size > 0) types.push("keydown");
      if (part.opens !== undefined) types.push("click");
      for (const type of types) {
        if (!EVENTS.has(type) || part.heard.has(type)) continue;
        part.heard.add(type);
        part.node.addEventListener(type, hear);
      }
    },
    dispose: () => root.removeEventListener("keydown", onKey),
  };
}

/** Whether a person types into it or chooses in it. */
export function isField(
  node: Node,
): node is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement {
  return (
    node instanceof HTMLInputElement ||
    node instanceof HTMLTextAreaElement ||
    node instanceof HTMLSelectElement
  );
}

function valueOf(node: Element): object {
  if (!isField(node)) return {};
  return { value: node.value, checked: node instanceof HTMLInputElement && node.checked };
}

function nextTab(tab: Element, key: string): HTMLElement | undefined {
  const list = tab.closest("[role=tablist]")?.querySelectorAll("[role=tab]") ?? [];
  const tabs = [...list].filter((each) => each instanceof HTMLElement);
  if (key === "Home" || key === "End") return tabs.at(key === "Home" ? 0 : -1);
  const isBack = (key === "ArrowLeft") === (getComputedStyle(tab).direction === "ltr");
  return tabs.at((tabs.findIndex((each) => each === tab) + (isBack ? -1 : 1)) % tabs.length);
}
