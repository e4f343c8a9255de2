/** One refused change: what it would do, and the buttons to put it back or to discard it. */

import { type QuarantineRecord, type RefusedChange, toCroftError } from "@croft/core";
import { type ReactNode, useEffect, useState } from "react";
import { focusMain } from "./focus.ts";
import { useShell } from "./shell-context.ts";

/** A list item. */
export function RefusedItem({ record }: { readonly record: QuarantineRecord }): ReactNode {
  const { workspace, notify } = useShell();
  const [changes, setChanges] = useState<readonly RefusedChange[]>();
  const [asking, setAsking] = useState(false);
  const [message, setMessage] = useState("");
  useEffect(() => {
    let over = false;
    workspace.quarantine.read(record.id).then(
      ({ changes: found, accepted, withEdits }) => {
        accepted.destroy();
        withEdits.destroy();
        if (!over) setChanges(found);
      },
      (error: unknown) => {
        if (!over) setMessage(toCroftError(error, "store/failed", "It cannot be shown").message);
      },
    );
    return () => {
      over = true;
    };
  }, [workspace, record.id]);
  const attempt = (action: Promise<void>, done: string) => {
    setMessage("");
    action.then(
      () => {
        notify({ text: done });
        focusMain(); // The item goes, and its buttons with it.
      },
      (error: unknown) => {
        const { message: what, hint } = toCroftError(error, "store/failed", "That did not work");
        setMessage(hint === undefined ? what : `${what} ${hint}`);
      },
    );
  };
  return (
    <li className="refused">
      <p className="refused-head">
        <strong>{record.path}</strong>
        <time dateTime={new Date(record.at).toISOString()}>
          {new Date(record.at).toLocaleString()}
        </time>
      </p>
      {changes?.map((change, index) => (
        <Change key={index} change={change} />
      ))}
      {message !== "" && (
        <p className="refused-message" role="status">
          {message}
        </p>
      )}
      <div className="form-actions">
        {asking ? (
          <>
            <p className="soft">Discarded changes cannot be brought back.</p>
            <button type="button" className="button" onClick={() => setAsking(false)}>
              Keep
            </button>
            <button
              type="button"
              className="button button-danger"
              onClick={() => attempt(workspace.quarantine.discard(record.id), "Discarded.")}
            >
              Discard
            </button>
          </>
        ) : (
          <>
            <button type="button" className="button" onClick={() => setAsking(true)}>
              Discard…
            </button>
            <button
              type="button"
              className="button"
              onClick={() =>
                attempt(workspace.quarantine.retry(record.id), `Put back into ${record.path}.`)
              }
            >
              Put back
            </button>
          </>
        )}
      </div>
    </li>
  );
}

/** How much of what stayed the same is shown around a change, in characters. */
const CONTEXT = 60;
const GRAPHEMES = new Intl.Segmenter();

function Change({ change }: { readonly change: RefusedChange }): ReactNode {
  switch (change.kind) {
    case "text":
      return (
        <p className="refused-text">
          {change.parts.map(({ kind, text }, index) => {
            if (kind === "inserted") return <ins key={index}>{text}</ins>;
            if (kind === "deleted") return <del key={index}>{text}</del>;
            return <span key={index}>{shortened(text, index, change.parts.length)}</span>;
          })}
        </p>
      );
    case "entry":
      return (
        <p className="refused-text">
          {[...change.at, change.key].join(" › ")}:{" "}
          {change.before !== undefined && <del>{inWords(change.before)}</del>}{" "}
          {change.after !== undefined && <ins>{inWords(change.after)}</ins>}
        </p>
      );
    case "items":
      return (
        <p className="refused-text">
          {change.at.join(" › ")}: {change.deleted > 0 && <del>{change.deleted} removed</del>}{" "}
          {change.inserted.length > 0 && <ins>{change.inserted.map(inWords).join(", ")}</ins>}
        </p>
      );
  }
}

function shortened(text: string, index: number, count: number): string {
  const points = [...GRAPHEMES.segment(text)].map(({ segment }) => segment);
  if (points.length <= 2 * CONTEXT) return text;
  const start = index === 0 ? "" : points.slice(0, CONTEXT).join("");
  const end = index === count - 1 ? "" : points.slice(-CONTEXT).join("");
  return `${start} … ${end}`;
}

function inWords(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
