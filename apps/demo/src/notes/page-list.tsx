/** The list of pages at the side: find, open, add, import. */

import { allows } from "@croft/core";
import { useAccess, useDocument } from "@croft/react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ViewProps } from "../app/views.ts";
import { hashOfPage } from "../app/route.ts";
import { usePeople } from "../hooks/use-people.ts";
import type { Presence } from "../people/presence-state.ts";
import { Avatar } from "../shell/avatar.tsx";
import { Icon } from "../shell/icons.tsx";
import { ImportButton } from "./import-button.tsx";
import { INDEX_PATH } from "./page-id.ts";
import { type Page, UNTITLED } from "./page-index.ts";
import { useNoteCommands } from "./use-note-actions.ts";
import { usePages } from "./use-pages.ts";

/** From so many pages on there is a search box. */
const MANY = 8;

/** The list view of the notes plugin. */
export function PageList({ page, go }: ViewProps): ReactNode {
  const index = useDocument(INDEX_PATH);
  const access = useAccess(index);
  const pages = usePages(index);
  const people = usePeople(index);
  const commands = useNoteCommands(go);
  const [filter, setFilter] = useState("");
  const writable = allows(access, "write");
  if (!allows(access, "read")) {
    return (
      <section className="pages" aria-label="Pages">
        <p className="pages-none">You may not see the pages of this workspace.</p>
      </section>
    );
  }
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

/** In place of the list until it is there. */
export function ListSkeleton(): ReactNode {
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
