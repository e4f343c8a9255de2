/** What a plugin changed lately, in which documents, and taken back. */

import type { CroftError } from "@croft/core";
import { type ReactNode, useId, useRef, useState } from "react";
import { nameOfGuest } from "../people/guest.ts";
import { useShell } from "../shell/shell-context.ts";
import { BACK, type ChangedDocument, changesOf, type ChangesOfPlugin, madeBy } from "./changes.ts";
import { nameOf } from "./manager.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { Problem } from "./problem.tsx";
import { problemOf, useAttempt } from "./use-manager.ts";

type Shown =
  | { readonly name: "hidden" }
  | { readonly name: "loading" }
  | { readonly name: "failed"; readonly error: CroftError }
  | { readonly name: "shown"; readonly since: number; readonly changes: ChangesOfPlugin };

/** The section. */
export function ChangesSection({ entry: { plugin } }: SectionProps): ReactNode {
  const { workspace } = useShell();
  const [back, setBack] = useState<number>(BACK[1].ms);
  const [shown, setShown] = useState<Shown>({ name: "hidden" });
  /** What was taken back, by document and time of the last change: twice, text would come back twice. */
  const [undone, setUndone] = useState<ReadonlySet<string>>(new Set());
  const label = useId();
  /** Counts what was asked: an answer to an earlier question is not shown. */
  const asked = useRef(0);
  const ask = (ms: number): void => {
    const question = ++asked.current;
    const since = Date.now() - ms;
    const show = (next: Shown): void => {
      if (asked.current === question) setShown(next);
    };
    show({ name: "loading" });
    changesOf(workspace, plugin.id, since).then(
      (changes) => show({ name: "shown", since, changes }),
      (error: unknown) => show({ name: "failed", error: problemOf(error) }),
    );
  };
  return (
    <section className="plugins-section">
      <h2>What it changed</h2>
      <div className="switch-line">
        <label htmlFor={label}>In</label>
        <select
          id={label}
          className="input"
          value={back}
          onChange={(event) => {
            const ms = Number(event.target.value);
            setBack(ms);
            if (shown.name !== "hidden") ask(ms);
          }}
        >
          {BACK.map(({ name, ms }) => (
            <option key={ms} value={ms}>
              {name}
            </option>
          ))}
        </select>
        <button type="button" className="button button-small" onClick={() => ask(back)}>
          {shown.name === "hidden" ? "Look" : "Look again"}
        </button>
      </div>
      {shown.name === "loading" && <p className="soft">Asking the server…</p>}
      {shown.name === "failed" && <Problem error={shown.error} />}
      {shown.name === "shown" && (
        <Changes
          name={nameOf(plugin)}
          id={plugin.id}
          shown={shown}
          undone={undone}
          onUndone={(which) => setUndone((before) => new Set([...before, which]))}
        />
      )}
    </section>
  );
}

function Changes(props: {
  readonly name: string;
  readonly id: string;
  readonly shown: Extract<Shown, { name: "shown" }>;
  readonly undone: ReadonlySet<string>;
  readonly onUndone: (which: string) => void;
}): ReactNode {
  const { name, id, shown, undone, onUndone } = props;
  const { documents, complete } = shown.changes;
  return (
    <>
      {documents.length === 0 ? (
        <p className="soft">Nothing.</p>
      ) : (
        <ul className="change-list" aria-label="Documents that it changed">
          {documents.map((document) => (
            <Changed
              key={document.path}
              name={name}
              id={id}
              since={shown.since}
              document={document}
              isUndone={undone.has(nameOfChange(document))}
              onUndone={() => onUndone(nameOfChange(document))}
            />
          ))}
        </ul>
      )}
      {!complete && (
        <p className="soft">Some of the time is too long ago: what was changed then is not kept.</p>
      )}
    </>
  );
}

function Changed(props: {
  readonly name: string;
  readonly id: string;
  readonly since: number;
  readonly document: ChangedDocument;
  readonly isUndone: boolean;
  readonly onUndone: () => void;
}): ReactNode {
  const { name, id, since, document, isUndone, onUndone } = props;
  const { path, times, last, users, versions } = document;
  const { workspace } = useShell();
  const attempt = useAttempt();
  const [undoing, setUndoing] = useState(false);
  const takeBack = async (): Promise<void> => {
    setUndoing(true);
    try {
      await workspace.history(path).undo({ since, by: madeBy(id) });
      onUndone();
    } finally {
      setUndoing(false);
    }
  };
  const time = new Date(last);
  return (
    <li>
      <span>
        <code>{path}</code>
        <span className="soft">
          {times === 1 ? "Once, " : `${times} times, the last time `}
          <time dateTime={time.toISOString()}>{time.toLocaleString()}</time>
          {`, for ${users.map((user) => nameOfGuest(user, workspace.user)).join(", ")}`}
          {versions.length > 0 && `, version ${versions.join(", ")}`}
        </span>
      </span>
      <button
        type="button"
        className="button button-small"
        disabled={undoing || isUndone}
        aria-label={`Take back what it changed in ${path}`}
        onClick={() =>
          attempt(
            takeBack(),
            `What ${name} changed in ${path} is taken back. What others did stays.`,
          )
        }
      >
        {isUndone ? "Taken back" : "Take back"}
      </button>
    </li>
  );
}

function nameOfChange({ path, last }: ChangedDocument): string {
  return `${path} ${last}`;
}
