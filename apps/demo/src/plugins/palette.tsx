/** The palette: everything that plugins let a person do, found by typing. */

import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { Dialog } from "../shell/dialog.tsx";
import { findItems, type PaletteItem } from "./palette-items.ts";
import { shortcutInWords } from "./shortcuts.ts";

/** The dialog; what is chosen runs once it is closed. */
export function Palette(props: {
  readonly items: readonly PaletteItem[];
  readonly onChoose: (item: PaletteItem) => void;
  readonly onClose: () => void;
}): ReactNode {
  const { items, onChoose, onClose } = props;
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const found = findItems(items, typed);
  const active = found[Math.min(at, found.length - 1)];
  const optionId = ({ key }: PaletteItem) => `${id}-${key}`;
  const move = (to: number) => {
    const next = (to + found.length) % found.length;
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (item: PaletteItem | undefined) => {
    if (item?.enabled) onChoose(item);
  };
  const onKey = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: found.length - 1,
      PageUp: 0,
    };
    const to = steps[event.key];
    if (event.key === "Enter" && !event.nativeEvent.isComposing) choose(active);
    else if (to === undefined || found.length === 0) return;
    else move(to);
    event.preventDefault();
  };
  return (
    <Dialog title="Commands" wide onClose={onClose}>
      <div className="palette">
        <input
          className="input"
          type="text"
          role="combobox"
          aria-label="Find a command"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active && optionId(active)}
          placeholder="Type what you want to do"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onKeyDown={onKey}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
        />
        <ul
          ref={list}
          id={`${id}-list`}
          className="palette-list"
          role="listbox"
          aria-label="Commands"
        >
          {found.map((item) => (
            <li
              key={item.key}
              id={optionId(item)}
              className="palette-item"
              role="option"
              aria-selected={item === active}
              aria-disabled={!item.enabled}
              onPointerMove={() => setAt(found.indexOf(item))}
              onClick={() => choose(item)}
            >
              <span className="palette-title">{item.title}</span>
              <span className="soft">{item.enabled ? item.from : `${item.from} does not run`}</span>
              {item.keys !== undefined && <kbd>{shortcutInWords(item.keys)}</kbd>}
            </li>
          ))}
        </ul>
        <p className="soft" role="status">
          {found.length === 0 ? "Nothing is called so." : ""}
        </p>
      </div>
    </Dialog>
  );
}
