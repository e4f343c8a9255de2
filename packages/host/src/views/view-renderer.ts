/**
 * Builds what a plugin describes: the boundary of views. Elements and attributes from a list (`view-allowed.ts`), by
 * `createElement`, `textContent` and `setAttribute` alone; no address, no style and no handler comes from a plugin. Every line is
 * to be read with mistrust. No dependencies: it also runs in a frame by itself, see `view-frame.ts`.
 */

import { allowedText, createAllowed, MOST, Refusal, refuse, wordsOf } from "./view-allowed.ts";
import { createPeople, isField, type Part } from "./view-people.ts";

/** What a renderer tells those around it. */
export type RendererNews =
  /** Something is there to be seen. */
  | { readonly shown: true }
  /** It is over; why. */
  | { readonly stopped: string }
  /** A person clicked on what opens this address. */
  | { readonly open: string }
  /** Escape was pressed where it means nothing. */
  | { readonly escape: true };

/** What it is built with. */
export interface RendererOptions {
  readonly root: HTMLElement;
  /** To the plugin. */
  readonly port: MessagePort;
  readonly tell: (news: RendererNews) => void;
  /** Whether a person is at work in the view. */
  readonly isInUse: () => boolean;
}

const UNREADABLE = "what it describes cannot be read";

/** Builds in `root` what comes over the port, until the returned function is called. */
export function createRenderer({ root, port, tell, isInUse }: RendererOptions): () => void {
  const parts = new Map<number, Part>();
  const byNode = new WeakMap<object, Part>();
  const partOf = (node: unknown): Part | undefined => byNode.get(Object(node));
  const afterwards: (() => void)[] = [];
  let events = 0;
  let texts = 0;
  let seen = 0;
  let isOwed = false;
  let isShown = false;

  const send = ({ id }: Part, type: string, data: unknown): number => {
    port.postMessage(["event", ++events, id, type, data]);
    return events;
  };
  const people = createPeople({
    root,
    partOf,
    send,
    onOpen: (address) => tell({ open: address }),
    onEscape: () => tell({ escape: true }),
  });
  const sizes = new ResizeObserver((all) => {
    for (const { target, contentRect } of all) {
      const part = partOf(target);
      const { width, height } = contentRect;
      if (part?.on.has("resize")) send(part, "resize", { width, height, scale: devicePixelRatio });
    }
  });
  const stop = (why: string): void => {
    port.close();
    sizes.disconnect();
    people.dispose();
    root.removeEventListener("focusin", openDialogs);
    root.replaceChildren();
    parts.clear();
    if (why !== "") tell({ stopped: why });
  };
  // A dialog takes the keyboard when a person is there, not before.
  const openDialogs = (): void => {
    for (const { node, open } of parts.values()) {
      if (!open || !(node instanceof HTMLDialogElement) || node.matches(":modal")) continue;
      node.removeAttribute("open");
      node.showModal();
    }
  };

  // To where the keyboard was before, only if it is here now.
  const closeDialog = (node: HTMLDialogElement): void => {
    if (isInUse()) node.close();
    else node.replaceWith(node);
    node.removeAttribute("open");
  };

  const find = (id: unknown): Part => parts.get(Number(id)) ?? refuse(UNREADABLE);
  const count = (part: Part, size: number): void => {
    texts += size - part.size;
    part.size = size;
    if (size > MOST.text || texts > MOST.texts) refuse("it has more text than can be shown");
  };
  const keep = (id: unknown, node: Element | Text): Part => {
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1) return refuse(UNREADABLE);
    if (parts.has(id)) refuse(UNREADABLE);
    if (parts.size >= MOST.nodes) refuse(`it has more than ${MOST.nodes} parts`);
    const none: ReadonlySet<string> = new Set();
    const state = { on: none, heard: new Set<string>(), keys: none, opens: undefined };
    const part: Part = { id, node, size: 0, ...state, open: false, edited: 0 };
    parts.set(id, part);
    byNode.set(node, part);
    return part;
  };
  const set = (part: Part, attributes: unknown): void => {
    const { node } = part;
    if (!(node instanceof Element) || attributes === null || typeof attributes !== "object") {
      return refuse(UNREADABLE);
    }
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") part.on = wordsOf(value);
      else if (name === "keys") part.keys = wordsOf(value);
      else if (name === "opens") part.opens = value === null ? undefined : String(value);
      else if (name === "focus") afterwards.push(() => value === true && isInUse() && focus(node));
      else put(part, node, name, allowedText(name, value));
    }
    people.listenTo(part);
  };
  const put = (part: Part, node: Element, name: string, text: string | null): void => {
    // What a person changed since the plugin heard of it last is theirs.
    if (name === "value" && isField(node)) {
      if (part.edited <= seen) setValue(node, text ?? "");
    } else if (name === "checked" && isField(node)) Object.assign(node, { checked: text !== null });
    else if (name === "open" && node instanceof HTMLDialogElement) {
      part.open = text !== null;
      afterwards.push(() => {
        if (!part.open) closeDialog(node);
        else if (isInUse()) openDialogs();
        else node.setAttribute("open", "");
      });
    } else if (name === "type" && !(node instanceof HTMLInputElement)) refuse(UNREADABLE);
    // Its size in pixels is the plugin's, that on the screen the style's.
    else if (node instanceof HTMLCanvasElement && /^(width|height)$/.test(name)) refuse(UNREADABLE);
    else if (text === null) node.removeAttribute(name);
    else node.setAttribute(name, text);
  };
  const build = (wire: unknown, depth: number): Node => {
    const [id, name, attributes, children]: readonly unknown[] = Array.isArray(wire) ? wire : [];
    if (typeof name !== "string") return refuse(UNREADABLE);
    if (depth > MOST.depth) refuse("it is nested too deep");
    if (attributes === undefined) {
      const text = document.createTextNode(name);
      count(keep(id, text), name.length);
      return text;
    }
    const node = createAllowed(document, name);
    const part = keep(id, node);
    if (node instanceof HTMLButtonElement) node.type = "button";
    if (node instanceof HTMLInputElement) node.autocomplete = "off";
    if (node instanceof HTMLDialogElement) node.setAttribute("closedby", "none");
    for (const child of Array.isArray(children) ? children : [])
      node.append(build(child, depth + 1));
    // After what is in it: the value of a `select` is one of that.
    set(part, attributes);
    if (node instanceof HTMLCanvasElement) {
      const canvas = node.transferControlToOffscreen();
      port.postMessage(["canvas", id, canvas], [canvas]);
      sizes.observe(node);
    }
    return node;
  };
  const forget = (node: Node): void => {
    const part = partOf(node);
    if (part) count(part, 0);
    parts.delete(part?.id ?? 0);
    if (node instanceof HTMLDialogElement && node.open) closeDialog(node);
    for (const child of node.childNodes) forget(child);
  };
  const apply = (patch: unknown): void => {
    const [kind, id, third, fourth]: readonly unknown[] = Array.isArray(patch) ? patch : [];
    const node = id === 0 ? root : find(id).node;
    if (kind === "add" && node instanceof Element) {
      node.insertBefore(build(fourth, depthOf(node, root)), third === 0 ? null : find(third).node);
    } else if (node === root) refuse(UNREADABLE);
    else if (kind === "move") move(node, third === 0 ? null : find(third).node);
    else if (kind === "set") set(find(id), third);
    else if (kind === "text" && node instanceof Text && typeof third === "string") {
      count(find(id), third.length);
      node.textContent = third;
    } else if (kind === "drop") {
      forget(node);
      node.remove();
    } else refuse(UNREADABLE);
  };
  const receive = (data: unknown): void => {
    const [kind, known, patches]: readonly unknown[] = Array.isArray(data) ? data : [];
    if (kind === "failed") refuse(`it threw when it described its view: ${String(known)}`);
    if (isOwed) refuse("it sends more than can be shown");
    if (kind !== "patch" || !Array.isArray(patches)) return refuse(UNREADABLE);
    if (patches.length > MOST.patches) refuse("it changes too much at once");
    isOwed = true;
    seen = Number(known);
    for (const patch of patches) apply(patch);
    for (const each of afterwards.splice(0)) each();
    if (!isShown) tell({ shown: true });
    isShown = true;
    requestAnimationFrame(() => {
      isOwed = false;
      port.postMessage(["done"]);
    });
  };
  port.onmessage = ({ data }) => {
    try {
      receive(data);
    } catch (error) {
      stop(error instanceof Refusal ? error.message.slice(0, 500) : UNREADABLE);
    }
  };
  root.addEventListener("focusin", openDialogs);
  return () => stop("");
}

function setValue(
  node: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement,
  value: string,
): void {
  if (node.value === value) return;
  const selection = node instanceof HTMLSelectElement ? null : node.selectionStart;
  node.value = value;
  // Not at the end, where setting it puts the caret.
  if (!(node instanceof HTMLSelectElement) && selection !== null) {
    node.setSelectionRange(selection, selection);
  }
}

function focus(node: Element): void {
  if (node instanceof HTMLElement) node.focus();
}

/** Where it can, without taking the keyboard away from what is in it. */
function move(node: Element | Text, before: Node | null): void {
  const parent = node.parentElement;
  if (typeof parent?.moveBefore === "function") parent.moveBefore(node, before);
  else parent?.insertBefore(node, before);
}

function depthOf(node: Node, root: Node): number {
  let depth = 0;
  for (let at: Node | null = node; at && at !== root; at = at.parentNode) depth++;
  return depth;
}
