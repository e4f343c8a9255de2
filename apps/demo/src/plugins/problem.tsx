/** Something that went wrong, and what to do about it. */

import type { CroftError } from "@croft/core";
import type { ReactNode } from "react";
import { Icon } from "../shell/icons.tsx";

/** A block of its own; `children` are buttons. */
export function Problem(props: {
  readonly error: CroftError;
  readonly children?: ReactNode;
}): ReactNode {
  const { error, children } = props;
  return (
    <div className="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p>{error.message}</p>
        {error.hint !== undefined && <p className="soft">{error.hint}</p>}
      </div>
      {children}
    </div>
  );
}
