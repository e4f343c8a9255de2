/** What people do with parts of a view, and what the plugin hears of it: as the page tells it. */

import type { Part, ViewTree } from "./view-tree.ts";
import { isField, isHidden, labelOf, roleOf, textOf, tidy } from "./words.ts";

/** Where it is done. */
export interface Actor {
  readonly name: string;
  readonly tree: ViewTree;
  readonly opened: string[];
  /** Tells the plugin; returns the number of the event, 0 where it does not want to know. */
  report(part: Part, type: string, data: unknown): number;
}

/** One way to act. */
export interface Act {
  /** Whether it can be done to such a part. */
  fits(part: Part): boolean;
  /** @throws Error when a person could not do it. */
  run(actor: Actor, part: Part, what: string): void;
}

const PRESSED = new Set(["button", "link", "tab", "checkbox", "radio", "switch", "menuitem"]);
const BOXES = new Set(["checkbox", "radio"]);
const TYPED: Readonly<Record<string, RegExp>> = {
  number: /^-?\d+(\.\d+)?$/,
  range: /^-?\d+(\.\d+)?$/,
  date: /^\d{4}-\d\d-\d\d$/,
  month: /^\d{4}-\d\d$/,
  week: /^\d{4}-W\d\d$/,
  time: /^\d\d:\d\d(:\d\d)?$/,
};

/** See the top of this file. */
export const act: Readonly<Record<"press" | "type" | "choose" | "key", Act>> = {
  press: {
    fits: (part) => PRESSED.has(roleOf(part)) || part.tag === "summary" || hears(part, "click"),
    run: press,
  },
  type: {
    fits: (part) => part.tag === "textarea" || (part.tag === "input" && !isBox(part)),
    run: type,
  },
  choose: { fits: (part) => part.tag === "select", run: choose },
  key: { fits: (part) => PRESSED.has(roleOf(part)) || isField(part), run: key },
};

function press(actor: Actor, part: Part): void {
  mustBeUsable(actor, part);
  if (!act.press.fits(part)) throw problem(actor, part, "is nothing to press");
  const opens = part.attributes.get("opens");
  if (typeof opens === "string") actor.opened.push(opens);
  actor.report(part, "click", { type: "click" });
  const { parent } = part;
  if (part.tag === "summary" && parent?.tag === "details") {
    const open = !parent.attributes.delete("open");
    if (open) parent.attributes.set("open", true);
    actor.report(parent, "toggle", { open });
  }
  if (isBox(part)) check(actor, part);
}

function check(actor: Actor, part: Part): void {
  const { attributes } = part;
  const isRadio = attributes.get("type") === "radio";
  const checked = isRadio || !attributes.has("checked");
  for (const each of actor.tree.within(actor.tree.root)) {
    const { type, name } = Object.fromEntries(each.attributes);
    if (isRadio && type === "radio" && name === attributes.get("name"))
      each.attributes.delete("checked");
  }
  if (checked) attributes.set("checked", true);
  else attributes.delete("checked");
  tellOfChange(actor, part, "input");
  tellOfChange(actor, part, "change");
}

function type(actor: Actor, part: Part, what: string): void {
  mustBeUsable(actor, part);
  const { attributes, tag } = part;
  if (!act.type.fits(part) || attributes.has("readonly")) {
    throw problem(actor, part, "is nothing to type into");
  }
  const isEntered = tag === "input" && what.endsWith("\n");
  const value = isEntered ? what.slice(0, -1) : what;
  const pattern = TYPED[String(attributes.get("type"))];
  if (value !== "" && pattern && !pattern.test(value)) {
    throw problem(actor, part, `does not take ${JSON.stringify(value)}: ${String(pattern)}`);
  }
  const isNew = value !== String(attributes.get("value") ?? "");
  if (isNew) {
    attributes.set("value", value);
    tellOfChange(actor, part, "input");
  }
  if (isEntered && hears(part, "key") && keysOf(part).includes("Enter")) key(actor, part, "Enter");
  else if (isNew) tellOfChange(actor, part, "change");
}

function choose(actor: Actor, part: Part, what: string): void {
  mustBeUsable(actor, part);
  if (part.tag !== "select") throw problem(actor, part, "is nothing to choose in");
  const options = [...actor.tree.within(part)].filter(({ tag }) => tag === "option");
  const option = options.find(
    (each) => tidy(textOf(each)) === what || each.attributes.get("value") === what,
  );
  if (!option || option.attributes.has("disabled")) {
    const names = options.map((each) => JSON.stringify(tidy(textOf(each)))).join(", ");
    throw problem(actor, part, `has no ${JSON.stringify(what)} to choose, but ${names}`);
  }
  const value = option.attributes.get("value") ?? tidy(textOf(option));
  if (value === part.attributes.get("value")) return;
  part.attributes.set("value", value);
  tellOfChange(actor, part, "input");
  tellOfChange(actor, part, "change");
}

function key(actor: Actor, part: Part, name: string): void {
  mustBeUsable(actor, part);
  if (name === "Escape") {
    const dialog = closest(part, "dialog") ?? openDialog(actor);
    if (!dialog) throw problem(actor, part, "is in no dialog that Escape would close");
    actor.report(dialog, "cancel", { type: "cancel" });
  } else if (hears(part, "key") && keysOf(part).includes(name)) {
    const data = { key: name, shift: false, ctrl: false, alt: false, meta: false };
    actor.report(part, "key", data);
  } else if ((name === "Enter" || name === " ") && part.tag === "button") {
    press(actor, part);
  } else throw problem(actor, part, `does nothing about the key ${JSON.stringify(name)}`);
}

function tellOfChange(actor: Actor, part: Part, kind: "input" | "change"): void {
  const { attributes } = part;
  const value = String(attributes.get("value") ?? (isBox(part) ? "on" : ""));
  const checked = attributes.has("checked");
  const number = actor.report(part, kind, { type: kind, value, checked });
  // What comes of what the plugin did not know yet is not set over it.
  if (kind === "input" && number > 0) part.edited = number;
}

/** A person gets at it: it is there, nothing is before it, and it is not disabled. */
function mustBeUsable(actor: Actor, part: Part): void {
  for (let at: Part | undefined = part; at; at = at.parent) {
    if (at.attributes.has("disabled")) throw problem(actor, part, "is disabled");
  }
  const dialog = openDialog(actor);
  if (dialog && closest(part, "dialog") !== dialog) {
    throw problem(
      actor,
      part,
      `is behind the dialog ${JSON.stringify(labelOf(dialog, actor.tree.root))}`,
    );
  }
}

function openDialog({ tree }: Actor): Part | undefined {
  return [...tree.within(tree.root)].findLast((part) => part.tag === "dialog" && !isHidden(part));
}

function closest(part: Part, tag: string): Part | undefined {
  for (let at: Part | undefined = part; at; at = at.parent) if (at.tag === tag) return at;
  return undefined;
}

function isBox(part: Part): boolean {
  return part.tag === "input" && BOXES.has(String(part.attributes.get("type")));
}

function hears({ attributes }: Part, type: string): boolean {
  return String(attributes.get("on") ?? "")
    .split(" ")
    .includes(type);
}

function keysOf({ attributes }: Part): readonly string[] {
  return String(attributes.get("keys") ?? "").split(" ");
}

function problem({ name, tree }: Actor, part: Part, what: string): Error {
  const label = labelOf(part, tree.root) || tidy(textOf(part));
  return new Error(`${JSON.stringify(label)} of ${name} ${what}.`);
}
