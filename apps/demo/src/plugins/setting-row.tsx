/** One setting of a plugin: its field, whose it is, and what is wrong with it. */

import { unreachable } from "@croft/core";
import type { SettingField } from "@croft/host";
import { type ComponentProps, type ReactNode, useId, useState } from "react";
import { inWords, problemOf } from "./use-manager.ts";

type Value = SettingField["value"];

/** The row. Choices count at once; what is typed counts when the field is left, or at Enter. */
export function SettingRow(props: {
  readonly field: SettingField;
  /** With `undefined` the default counts again. */
  readonly onSet: (value: Value | undefined) => Promise<void>;
}): ReactNode {
  const { field, onSet } = props;
  const [problem, setProblem] = useState("");
  const id = useId();
  const set = (value: Value | undefined) => {
    onSet(value).then(
      () => setProblem(""),
      (error: unknown) => setProblem(inWords(problemOf(error))),
    );
  };
  const wrong = problem !== "" ? problem : field.error && `What is set ${field.error}.`;
  return (
    <div className="setting" data-kind={field.kind}>
      <label htmlFor={id}>{field.label}</label>
      <Control
        field={field}
        id={id}
        describedBy={`${id}-help ${id}-wrong`}
        isWrong={!!wrong}
        onSet={set}
      />
      <p className="soft" id={`${id}-help`}>
        {helpOf(field)}
        {!field.isDefault && !field.readOnly && (
          <button
            type="button"
            className="button-text"
            aria-label={`${field.label}: as it was at first`}
            onClick={() => set(undefined)}
          >
            As it was at first
          </button>
        )}
      </p>
      <p className="refused-message" id={`${id}-wrong`} role="status">
        {wrong}
      </p>
    </div>
  );
}

function helpOf({ help, scope, readOnly }: SettingField): string {
  const whose = scope === "workspace" ? "For everybody in this workspace." : "";
  return [help, whose, readOnly ? "You may not change it." : ""].filter(Boolean).join(" ");
}

function Control(props: {
  readonly field: SettingField;
  readonly id: string;
  readonly describedBy: string;
  readonly isWrong: boolean;
  readonly onSet: (value: Value) => void;
}): ReactNode {
  const { field, id, describedBy, isWrong, onSet } = props;
  const common = {
    id,
    "aria-describedby": describedBy,
    "aria-invalid": isWrong,
    disabled: field.readOnly,
  };
  switch (field.kind) {
    case "boolean":
      return (
        <button
          {...common}
          aria-invalid={undefined}
          type="button"
          role="switch"
          className="switch switch-accent"
          aria-checked={field.value}
          onClick={() => onSet(!field.value)}
        />
      );
    case "choice":
      return (
        <select
          {...common}
          className="input"
          value={field.value}
          onChange={(event) => onSet(event.target.value)}
        >
          {field.options.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      );
    case "number":
      return (
        <Typed
          {...common}
          type="number"
          min={field.min}
          max={field.max}
          step={field.step ?? "any"}
          written={String(field.value)}
          onWritten={(text) => onSet(text.trim() === "" ? Number.NaN : Number(text))}
        />
      );
    case "string":
      return field.multiline ? (
        <TypedLines
          {...common}
          maxLength={field.maxLength}
          written={field.value}
          onWritten={onSet}
        />
      ) : (
        <Typed
          {...common}
          type="text"
          maxLength={field.maxLength}
          written={field.value}
          onWritten={onSet}
        />
      );
    case "texts":
      return (
        <TypedLines
          {...common}
          placeholder="One on each line"
          written={field.value.join("\n")}
          onWritten={(text) =>
            onSet(
              text
                .split("\n")
                .map((line) => line.trim())
                .filter(Boolean),
            )
          }
        />
      );
    default:
      return unreachable(field);
  }
}

interface Written {
  readonly written: string;
  readonly onWritten: (text: string) => void;
}

/** What is being typed, until something else is set, here or elsewhere. */
function useText(written: string): readonly [string, (text: string) => void] {
  const [typed, setTyped] = useState({ over: written, text: written });
  const text = typed.over === written ? typed.text : written;
  return [text, (next) => setTyped({ over: written, text: next })];
}

function Typed({ written, onWritten, ...rest }: ComponentProps<"input"> & Written): ReactNode {
  const [text, setText] = useText(written);
  const tell = () => {
    if (text !== written) onWritten(text);
  };
  return (
    <input
      {...rest}
      className="input"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={tell}
      onKeyDown={(event) => {
        if (event.key === "Enter") tell();
      }}
    />
  );
}

function TypedLines({
  written,
  onWritten,
  ...rest
}: ComponentProps<"textarea"> & Written): ReactNode {
  const [text, setText] = useText(written);
  return (
    <textarea
      {...rest}
      className="input input-lines"
      rows={4}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => {
        if (text !== written) onWritten(text);
      }}
    />
  );
}
