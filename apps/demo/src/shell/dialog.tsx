/** A modal dialog: the platform's own, which keeps the focus inside and closes at Escape. */

import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Icon } from "./icons.tsx";

/** Shown as long as it is rendered. Whatever can take the focus first in `children` has it. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  /** `drawer` comes from the side. */
  readonly kind?: "card" | "drawer";
  /** For what is read, rather than answered. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const { title, onClose, kind = "card", wide = false, children } = props;
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // A layout effect: it closes while still in the page, and only then gives the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={`dialog dialog-${kind}${wide ? " dialog-wide" : ""}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // A file picker inside of it tells of its own end in the same way.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        // The dialog itself is hit only beside its content.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-body">
        <h2 className="dialog-title" id={titleId}>
          {title}
        </h2>
        {children}
        <button
          type="button"
          className="button-icon dialog-close"
          aria-label="Close"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
    </dialog>
  );
}
