/** What a plugin asks for, as a list in which each thing can be left out; and what it never can. */

import { type ReactNode, useState } from "react";
import type { AskedItem } from "./asked.ts";

/** The keys of the items that are chosen, all of them at first, and how to change that. */
export function useChoice(items: readonly AskedItem[]): {
  readonly chosen: readonly AskedItem[];
  readonly toggle: (key: string) => void;
} {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  return {
    chosen: items.filter(({ key }) => !left.has(key)),
    toggle: (key) => {
      const next = new Set(left);
      if (!next.delete(key)) next.add(key);
      setLeft(next);
    },
  };
}

/** The list. */
export function PermissionChoice(props: {
  readonly title: string;
  readonly items: readonly AskedItem[];
  readonly chosen: readonly AskedItem[];
  readonly onToggle: (key: string) => void;
}): ReactNode {
  const { title, items, chosen, onToggle } = props;
  if (items.length === 0) return null;
  return (
    <fieldset className="asked">
      <legend>{title}</legend>
      {items.map((item) => (
        <label key={item.key} className="asked-item">
          <input
            type="checkbox"
            className="check"
            checked={chosen.includes(item)}
            onChange={() => onToggle(item.key)}
          />
          <AskedText item={item} />
        </label>
      ))}
    </fieldset>
  );
}

/** One thing that is asked for, with the author's reason. */
export function AskedText({ item }: { readonly item: AskedItem }): ReactNode {
  const { what, exactly, why } = item;
  return (
    <span className="asked-text">
      <span className="asked-what">
        {what}
        {exactly !== undefined && <code className="asked-exactly">{exactly}</code>}
      </span>
      <span className="asked-why">“{why}”</span>
    </span>
  );
}

const NEVER = [
  "Open network connections of its own",
  "See other tabs, your files, or what this page keeps in your browser",
  "See or change documents that are not listed here, beside its own",
  "Do anything that you may not do yourself",
  "Install plugins, or agree to anything in your name",
];

/** What no plugin can, whatever is granted. */
export function NeverList(): ReactNode {
  return (
    <details className="never">
      <summary>What it can never do</summary>
      <ul>
        {NEVER.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </details>
  );
}
