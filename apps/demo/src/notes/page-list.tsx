/** The list of pages at the side: find, open, add, import. */

import { type DocumentHandle, allows } from "@croft/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ViewProps } from "../app/views.ts";
import { hashOfPage } from "../app/route.ts";
import { useDocument } from "../hooks/use-document.ts";
import { useDocumentState, useLiveDoc } from "../hooks/use-document-state.ts";
import { usePeople } from "../hooks/use-people.ts";
import { useYMap } from "../hooks/use-y-map.ts";
import type { Presence } from "../people/presence-state.ts";
import { Avatar } from "../shell/avatar.tsx";
import { Icon } from "../shell/icons.tsx";
import { ImportButton } from "./import-button.tsx";
import { INDEX_PATH } from "./page-id.ts";
import { listPages, type Page, pageMap, UNTITLED } from "./page-index.ts";
import { useNotes } from "./notes-context.ts";
import { useNoteCommands } from "./use-note-actions.ts";

/** From so many pages on there is a search box. */
const MANY = 8;

/** The list view of the notes plugin. */
export function PageList(props: ViewProps): ReactNode {
  const { documents } = useNotes();
  const index = useDocument(documents, INDEX_PATH);
  return index ? <OpenList index={index} {...props} /> : <ListSkeleton />;
}

function OpenList(props: ViewProps & { readonly index: DocumentHandle }): ReactNode {
  const { index, page, go } = props;
  const { ready, access } = useDocumentState(index);
  const pages = useYMap(pageMap(useLiveDoc(index)), listPages);
  const people = usePeople(index);
  const commands = useNoteCommands(go);
  const [filter, setFilter] = useState("");
  const writable = ready && allows(access, "write");
  if (!allows(access, "read")) {
    return (
      <section className="pages" aria-label="Pages">
        <p className="pages-none">You may not see the pages of this workspace.</p>
      </section>
    );
  }
  if (!ready) return <ListSkeleton />;
  const shown = pages.filter(({ title }) => matches(title, filter));
  return (
    <nav className="pages" aria-label="Pages">
      <header className="pages-head">
        <h2>Pages</h2>
        <ImportButton disabled={!writable} onFiles={commands.importFiles} />
        <button
          type="button"
          className="button-icon"
          aria-label="New page"
          aria-keyshortcuts="Alt+N"
          title="New page (Alt+N)"
          disabled={!writable}
          onClick={commands.create}
        >
          <Icon name="plus" />
        </button>
      </header>
      {pages.length >= MANY && (
        <div className="search">
          <Icon name="search" />
          <input
            type="search"
            className="input"
            placeholder="Find a page"
            aria-label="Find a page"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
      )}
      <ul>
        {shown.map((each) => (
          <PageLink
            key={each.id}
            page={each}
            current={each.id === page}
            people={people.filter((person) => person.page === each.id)}
          />
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="pages-none">{filter === "" ? "No pages yet." : "No page is called so."}</p>
      )}
    </nav>
  );
}

function PageLink(props: {
  readonly page: Page;
  readonly current: boolean;
  readonly people: readonly Presence[];
}): ReactNode {
  const { page, current, people } = props;
  const title = page.title || UNTITLED;
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // In a long list it may be out of sight: made by a key, imported, or opened by its address.
    if (current) link.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <li>
      <a
        ref={link}
        className="page-link"
        href={hashOfPage(page.id)}
        aria-label={[title, ...people.map(({ name }) => `${name} is here`)].join(", ")}
        {...(current && { "aria-current": "page" as const })}
      >
        <span className={page.title === "" ? "page-link-title untitled" : "page-link-title"}>
          {title}
        </span>
        {people.slice(0, 3).map(({ id, name, color }) => (
          <span key={id} title={`${name} is here`}>
            <Avatar name={name} color={color} small />
          </span>
        ))}
      </a>
    </li>
  );
}

function ListSkeleton(): ReactNode {
  return (
    <div className="pages" aria-busy="true" aria-label="Pages">
      <header className="pages-head">
        <h2>Pages</h2>
      </header>
      <div className="skeleton skeleton-link" />
      <div className="skeleton skeleton-link" />
      <div className="skeleton skeleton-link" />
    </div>
  );
}

function matches(title: string, filter: string): boolean {
  const plain = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
  return plain(title || UNTITLED).includes(plain(filter.trim()));
}
