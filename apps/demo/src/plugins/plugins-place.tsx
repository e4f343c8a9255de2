/** The list of plugins, and the ways to install one. */

import type { InstalledPlugins } from "@croft/host";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useFileDrop } from "../hooks/use-file-drop.ts";
import { Icon } from "../shell/icons.tsx";
import { useShell } from "../shell/shell-context.ts";
import { AddressForm } from "./address-form.tsx";
import { Examples } from "./examples.tsx";
import { InstallDialog } from "./install-dialog.tsx";
import { fromFile, PACKAGE_FILES, type PackageSource } from "./package-source.ts";
import { BuiltInRow, DevelopedRow, PluginRow } from "./plugin-row.tsx";
import { Problem } from "./problem.tsx";
import { StartSection } from "./start-section.tsx";
import { usePlugins } from "./use-manager.ts";

/** The place. */
export function PluginsPlace({ menu }: { readonly menu: ReactNode }): ReactNode {
  const { plugins } = useShell();
  const { entries, builtIn, developed, installed, error } = usePlugins(plugins);
  const [source, setSource] = useState<PackageSource>();
  useEffect(() => {
    document.title = "Plugins · croft";
  }, []);
  return (
    <div className="page-view">
      <header className="bar">{menu}</header>
      <div className="sheet plugins">
        <header className="plugins-head">
          <h1>Plugins</h1>
          <p className="soft">
            Each runs in a sandbox of its own, here on this device, with what you allow it and
            nothing else.
          </p>
        </header>
        {plugins.allowsUnsigned && (
          <p className="notice notice-warn">
            This demo runs in development mode: plugins that nobody signed may run in this window.
          </p>
        )}
        {error && <Problem error={error} />}
        {installed && <InstallBar installed={installed} onSource={setSource} isBusy={!!source} />}
        {installed && entries.length === 0 && <NoPlugins />}
        {entries.length > 0 && (
          <ul className="plugin-list" aria-label="Installed plugins">
            {entries.map((entry) => (
              <PluginRow key={entry.plugin.id} entry={entry} />
            ))}
          </ul>
        )}
        {installed && <Examples installed={installed} onSource={setSource} />}
        {developed.length > 0 && (
          <section className="plugins-section">
            <h2>Being written</h2>
            <ul className="plugin-list">
              {developed.map((status) => (
                <DevelopedRow key={status.id} status={status} />
              ))}
            </ul>
          </section>
        )}
        <section className="plugins-section">
          <h2>Comes with the app</h2>
          <ul className="plugin-list">
            {builtIn.map((status) => (
              <BuiltInRow key={status.id} status={status} />
            ))}
          </ul>
        </section>
        <StartSection />
      </div>
      {installed && source && (
        <InstallDialog
          key={source.name}
          installed={installed}
          source={source}
          onClose={() => setSource(undefined)}
        />
      )}
    </div>
  );
}

function InstallBar(props: {
  readonly installed: InstalledPlugins;
  readonly onSource: (source: PackageSource) => void;
  /** Whether a package is being looked at. */
  readonly isBusy: boolean;
}): ReactNode {
  const { onSource, isBusy } = props;
  const { plugins } = useShell();
  const input = useRef<HTMLInputElement>(null);
  const take = useCallback(
    (files: readonly File[]) => {
      const file = files.find(({ name }) => name.endsWith(PACKAGE_FILES)) ?? files[0];
      if (file) onSource(fromFile(file));
    },
    [onSource],
  );
  const dropping = useFileDrop(take, !isBusy);
  return (
    <section className="install" aria-label="Install a plugin">
      <div className="install-ways">
        <button
          type="button"
          className="button button-primary"
          onClick={() => input.current?.click()}
        >
          <Icon name="import" />
          Install from a file…
        </button>
        <AddressForm onSource={onSource} />
      </div>
      <p className="soft">
        Or drop a <code>{PACKAGE_FILES}</code> file anywhere in this window; files work without a
        network.{" "}
        {!plugins.allowsUnsigned &&
          "Only signed plugins run here; for your own unsigned ones, start the demo with npm start -- --watch."}
      </p>
      <input
        ref={input}
        type="file"
        hidden
        accept={PACKAGE_FILES}
        aria-label="Package file"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = ""; // The same file may be picked again.
          take(files);
        }}
      />
      {dropping && (
        <div className="drop" aria-hidden="true">
          <p>Drop a plugin’s package to look at it</p>
        </div>
      )}
    </section>
  );
}

function NoPlugins(): ReactNode {
  return (
    <section className="plugins-none">
      <span className="blank-icon">
        <Icon name="plugin" />
      </span>
      <h2>No plugins yet</h2>
      <p className="soft">
        What you install is there for everybody in this workspace, on every device, also offline.
        Each person decides what it may do for them.
      </p>
    </section>
  );
}
