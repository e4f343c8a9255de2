/** A person as a coloured disc with initials. */

import type { CSSProperties, ReactNode } from "react";
import { initialsOf } from "../people/guest.ts";
import { cssColor, type PersonColor } from "../people/palette.ts";

/** The disc; the name must stand beside it, or in a label around it. */
export function Avatar(props: {
  readonly name: string;
  readonly color: PersonColor;
  readonly small?: boolean;
}): ReactNode {
  const { name, color, small = false } = props;
  const style: CSSProperties & Record<"--person", string> = { "--person": cssColor(color) };
  return (
    <span className={small ? "avatar avatar-small" : "avatar"} style={style} aria-hidden="true">
      {small ? "" : initialsOf(name)}
    </span>
  );
}
