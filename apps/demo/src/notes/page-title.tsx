/** The title of a page: a field that looks like a heading. Enter goes on to the text. */

import type { DocumentHandle } from "@croft/core";
import { useCollection } from "@croft/react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { MAX_TITLE, type Page, pageDefinition, renamePage, UNTITLED } from "./page-index.ts";

/** How young a page without a title is that takes the focus when it is opened, in milliseconds. */
const NEW = 5000;

/** The field; what is typed is in the document at once. */
export function PageTitle(props: {
  readonly index: DocumentHandle;
  readonly id: string;
  readonly page: Page | undefined;
  readonly writable: boolean;
}): ReactNode {
  const { index, id, page, writable } = props;
  const pages = useCollection(index, pageDefinition);
  const field = useRef<HTMLTextAreaElement>(null);
  const title = page?.title ?? "";
  const created = page?.created ?? 0;

  useEffect(() => {
    document.title = `${title || UNTITLED} · croft`;
  }, [title]);
  useEffect(() => {
    // Its creator wants to name it. The only run: a page does not change when it was created.
    if (Date.now() - created < NEW && field.current?.value === "") field.current.focus();
  }, [created]);

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    const text = event.currentTarget.closest("article")?.querySelector(".cm-content");
    if (text instanceof HTMLElement) text.focus();
  };
  return (
    <div className="title">
      {/* A field as high as its text: the same text beneath it gives the height. */}
      <div className="title-text title-size" aria-hidden="true">
        {title || UNTITLED}
      </div>
      <textarea
        ref={field}
        className="title-text title-field"
        aria-label="Page title"
        rows={1}
        value={title}
        maxLength={MAX_TITLE}
        placeholder={UNTITLED}
        readOnly={!writable || !page}
        onKeyDown={onKeyDown}
        onChange={(event) => renamePage(pages, id, event.target.value.replace(/\n+/g, " "))}
      />
    </div>
  );
}
