/** What a person can set of a plugin: a form made of what its manifest says. */

import type { SettingField } from "@croft/host";
import { type ReactNode, useCallback, useSyncExternalStore } from "react";
import { useShell } from "../shell/shell-context.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { SettingRow } from "./setting-row.tsx";

const NONE: readonly SettingField[] = [];

/** The section; nothing for a plugin without settings, and while it is not registered. */
export function SettingsSection({ entry: { plugin, status } }: SectionProps): ReactNode {
  const { plugins } = useShell();
  const { host } = plugins;
  const { id } = plugin;
  const subscribe = useCallback(
    (listener: () => void) =>
      host.settings.onChange((changed) => {
        if (changed === id) listener();
      }),
    [host, id],
  );
  const fields = useSyncExternalStore(subscribe, () =>
    // Asked for each time: it may be unregistered before this is rendered anew.
    host.list().some((each) => each.id === id) ? host.settings.form(id) : NONE,
  );
  if (!status || fields.length === 0) return null;
  return (
    <section className="plugins-section">
      <h2>Settings</h2>
      <div className="settings">
        {fields.map((field) => (
          <SettingRow
            key={field.name}
            field={field}
            onSet={(value) => host.settings.set(id, field.name, value)}
          />
        ))}
      </div>
    </section>
  );
}
