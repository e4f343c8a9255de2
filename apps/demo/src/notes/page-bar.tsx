/** The bar over a page: what is saved where, who is here, and what can be done with the page. */

import type { DocumentHandle } from "@croft/core";
import type { ReactNode } from "react";
import { download } from "../app/download.ts";
import type { Presence } from "../people/presence-state.ts";
import { Icon } from "../shell/icons.tsx";
import { PeopleRow } from "../shell/people-row.tsx";
import { StatusLine } from "../shell/status-line.tsx";
import type { Words } from "../status/save-words.ts";
import { bodyOf } from "./page-body.ts";
import type { Page } from "./page-index.ts";
import { fileNameOf } from "./text-file.ts";

/** The bar. */
export function PageBar(props: {
  readonly handle: DocumentHandle;
  readonly page: Page | undefined;
  readonly words: Words;
  readonly people: readonly Presence[];
  readonly onDelete: (() => void) | undefined;
  readonly menu: ReactNode;
}): ReactNode {
  const { handle, page, words, people, onDelete, menu } = props;
  const save = () => {
    download(fileNameOf(page?.title ?? ""), bodyOf(handle.doc).toString(), "text/markdown");
  };
  return (
    <header className="bar">
      {menu}
      <StatusLine words={words} label="Saved" />
      <div className="bar-end">
        <PeopleRow others={people} />
        <button
          type="button"
          className="button-icon"
          aria-label="Export page"
          title="Export as Markdown"
          disabled={!page}
          onClick={save}
        >
          <Icon name="export" />
        </button>
        <button
          type="button"
          className="button-icon"
          aria-label="Delete page"
          title="Delete page"
          disabled={!onDelete}
          onClick={onDelete}
        >
          <Icon name="trash" />
        </button>
      </div>
    </header>
  );
}
