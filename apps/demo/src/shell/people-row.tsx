/** Who is here, as a row of avatars with a list of names for those who cannot see them. */

import type { ReactNode } from "react";
import type { Presence } from "../people/presence-state.ts";
import { eachPersonOnce } from "../people/people.ts";
import { Avatar } from "./avatar.tsx";
import { useShell } from "./shell-context.ts";

const MOST = 5;

/** This user first, then everybody else at the document. */
export function PeopleRow({ others }: { readonly others: readonly Presence[] }): ReactNode {
  const { guest } = useShell();
  const windows = 1 + others.filter(({ user }) => user === guest.id).length;
  const people = eachPersonOnce(others).filter(({ user }) => user !== guest.id);
  const you = windows === 1 ? `${guest.name} (you)` : `${guest.name} (you, in ${windows} windows)`;
  const shown = people.slice(0, MOST);
  const hidden = people.slice(MOST);
  return (
    <ul className="people" aria-label="People here">
      <Person label={you} name={guest.name} color={guest.color} badge={windows} />
      {shown.map(({ id, name, color }) => (
        <Person key={id} label={name} name={name} color={color} badge={1} />
      ))}
      {hidden.length > 0 && (
        <li className="people-more" title={hidden.map(({ name }) => name).join(", ")}>
          +{hidden.length}
        </li>
      )}
    </ul>
  );
}

function Person(props: {
  readonly label: string;
  readonly name: string;
  readonly color: Presence["color"];
  readonly badge: number;
}): ReactNode {
  const { label, name, color, badge } = props;
  return (
    <li title={label}>
      <Avatar name={name} color={color} />
      {badge > 1 && (
        <span className="people-badge" aria-hidden="true">
          {badge}
        </span>
      )}
      <span className="visually-hidden">{label}</span>
    </li>
  );
}
