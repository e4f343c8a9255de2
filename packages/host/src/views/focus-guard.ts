/**
 * Whose keyboard it is: gives it back to the page when a view's frame has it though the person was typing elsewhere. The frame does
 * not take it by itself; this is for the case that it does. Also brings a person back to where they came from.
 */

/** See the top of this file. */
export interface FocusGuard {
  /** The frame has the keyboard; whether by a pointer in it. */
  entered(byPointer: boolean): void;
  /** The application itself wants it to go there. */
  allow(): void;
  /** Back to where the keyboard was before. */
  leave(): void;
  dispose(): void;
}

/** Creates a {@link FocusGuard}. */
export function guardFocus(frame: HTMLIFrameElement): FocusGuard {
  const page = frame.ownerDocument;
  /** Where somebody types, with nothing since that moves the keyboard on. */
  let typing: HTMLElement | undefined;
  let last: HTMLElement | undefined;
  const onKey = ({ key, target, isTrusted }: KeyboardEvent): void => {
    if (!isTrusted) return;
    typing =
      key !== "Tab" && target instanceof HTMLElement && isEditable(target) ? target : undefined;
  };
  const onPointer = (): void => {
    typing = undefined;
  };
  const onLeft = ({ target }: FocusEvent): void => {
    if (target instanceof HTMLElement && target !== frame) last = target;
  };
  page.addEventListener("keydown", onKey, true);
  page.addEventListener("pointerdown", onPointer, true);
  page.addEventListener("focusout", onLeft, true);
  return {
    entered(byPointer) {
      if (!byPointer && typing?.isConnected) typing.focus();
      else typing = undefined;
    },
    allow: onPointer,
    leave() {
      if (last?.isConnected) last.focus();
      else frame.blur();
    },
    dispose() {
      page.removeEventListener("keydown", onKey, true);
      page.removeEventListener("pointerdown", onPointer, true);
      page.removeEventListener("focusout", onLeft, true);
    },
  };
}

function isEditable(element: HTMLElement): boolean {
  return element.isContentEditable || element.matches("input, textarea, select");
}
