/** Short messages at the foot of the window. They stay while the pointer or the focus is on them. */

import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { Icon } from "./icons.tsx";
import type { Notice } from "./shell-context.ts";

interface Entry extends Notice {
  readonly id: number;
}

/** How long a message stays, in milliseconds. */
const STAY = 8000;
const MOST = 3;

/** The messages that are shown, and how to show one. */
export function useToasts(): {
  readonly toasts: ReactNode;
  readonly notify: (notice: Notice) => void;
} {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const nextId = useRef(1);
  const notify = useCallback((notice: Notice) => {
    const entry = { ...notice, id: nextId.current++ };
    setEntries((before) => [...before, entry].slice(-MOST));
  }, []);
  const remove = useCallback((id: number) => {
    setEntries((before) => before.filter((entry) => entry.id !== id));
  }, []);
  const toasts = (
    <div className="toasts" role="status" aria-label="Messages">
      {entries.map((entry) => (
        <Toast key={entry.id} entry={entry} onDone={remove} />
      ))}
    </div>
  );
  return { toasts, notify };
}

function Toast(props: { readonly entry: Entry; readonly onDone: (id: number) => void }): ReactNode {
  const { entry, onDone } = props;
  const { id, text, tone = "good", action } = entry;
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => onDone(id), STAY);
    return () => clearTimeout(timer);
  }, [id, held, onDone]);
  return (
    <div
      className="toast"
      data-tone={tone}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{text}</span>
      {action && (
        <button
          type="button"
          className="button-text"
          onClick={() => {
            action.run();
            onDone(id);
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" className="button-icon" aria-label="Dismiss" onClick={() => onDone(id)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
