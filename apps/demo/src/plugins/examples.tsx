/** Plugins to try at once. */

import type { InstalledPlugins } from "@croft/host";
import { type ReactNode, useEffect, useState } from "react";
import { useShell } from "../shell/shell-context.ts";
import {
  type ExamplePlugin,
  fromExample,
  listExamples,
  type PackageSource,
} from "./package-source.ts";
import { usePlugins } from "./use-manager.ts";

/** Those that are not installed; nothing where they cannot be asked for. */
export function Examples(props: {
  readonly installed: InstalledPlugins;
  readonly onSource: (source: PackageSource) => void;
}): ReactNode {
  const { onSource } = props;
  const { plugins } = useShell();
  const { entries } = usePlugins(plugins);
  const [examples, setExamples] = useState<readonly ExamplePlugin[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    listExamples(abort.signal).then(setExamples, (error: unknown) => {
      if (!abort.signal.aborted) console.warn("The examples cannot be listed.", error);
    });
    return () => abort.abort();
  }, []);
  const offered = examples.filter(({ id }) => !entries.some(({ plugin }) => plugin.id === id));
  if (offered.length === 0) return null;
  return (
    <section className="plugins-section">
      <h2>Try an example</h2>
      <ul className="plugin-list">
        {offered.map((example) => (
          <li key={example.id} className="plugin-row">
            <div className="plugin-main">
              <p className="plugin-name">
                {example.name} <span className="plugin-version">{example.version}</span>
              </p>
              <p className="soft">{example.description}</p>
            </div>
            <button
              type="button"
              className="button"
              aria-label={`Look at it: ${example.name}`}
              onClick={() => onSource(fromExample(example))}
            >
              Look at it
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
