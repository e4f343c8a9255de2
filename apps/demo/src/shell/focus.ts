/** Where the focus goes when what had it is gone. */

/** Focuses the middle of the window, so that Tab goes on from there. */
export function focusMain(): void {
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** Focuses the text of the page, or the middle of the window where there is none. */
export function focusText(): void {
  const text = document.querySelector("#main .cm-content");
  if (text instanceof HTMLElement) text.focus();
  else focusMain();
}

/** Focuses the middle of the window once a dialog is gone, if what had the focus before it went too. */
export function rescueFocus(): void {
  setTimeout(() => {
    if (document.activeElement === document.body) focusMain();
  });
}
