/** Runs commands of plugins, and tells a person how it went. */

import { useCallback } from "react";
import { useShell } from "../shell/shell-context.ts";
import { inWords, problemOf } from "./use-manager.ts";

/** Runs a command by its name; `title` is what people call it. */
export function useRunCommand(): (name: string, title: string) => void {
  const { plugins, notify } = useShell();
  const { commands } = plugins.host;
  return useCallback(
    (name, title) => {
      commands.run(name).then(
        () => notify({ text: `${title}: done.` }),
        (error: unknown) =>
          notify({
            text: `${title}: ${inWords(problemOf(error))}`,
            tone: "bad",
          }),
      );
    },
    [commands, notify],
  );
}
