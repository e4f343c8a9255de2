/** The app: opening, open, or why it could not be opened. */

import { unreachable } from "@croft/core";
import { type ReactNode, useEffect, useState } from "react";
import { Shell } from "../shell/shell.tsx";
import { StartFailure } from "../shell/start-failure.tsx";
import { Loading } from "../shell/loading.tsx";
import { type Start, start } from "./start.ts";

/** The root component. */
export function App(): ReactNode {
  const [state, setState] = useState<Start>({ name: "opening" });
  useEffect(() => {
    let gone = false;
    void start().then((next) => {
      if (!gone) setState(next);
    });
    return () => {
      gone = true;
    };
  }, []);
  switch (state.name) {
    case "opening":
      return <Loading />;
    case "open":
      return <Shell demo={state.demo} store={state.store} />;
    case "failed":
      return <StartFailure error={state.error} store={state.store} />;
    default:
      return unreachable(state);
  }
}
