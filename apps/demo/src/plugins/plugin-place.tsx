/** All about one plugin. Each section is a component of its own: more of them go into `SECTIONS`. */

import type { InstalledPlugin, InstalledPlugins } from "@croft/host";
import { type ComponentType, type ReactNode, useEffect } from "react";
import { PLUGINS_HASH } from "../app/route.ts";
import { nameOfGuest } from "../people/guest.ts";
import { Icon } from "../shell/icons.tsx";
import { useShell } from "../shell/shell-context.ts";
import { ChangesSection } from "./changes-section.tsx";
import { DocumentsSection } from "./documents-section.tsx";
import { JournalSection } from "./journal-section.tsx";
import { type Entry, nameOf } from "./manager.ts";
import { MonitorSection } from "./monitor-section.tsx";
import { PermissionsSection } from "./permissions-section.tsx";
import { pluginWords } from "./plugin-words.ts";
import { StateLine } from "./plugin-row.tsx";
import { PublisherLong } from "./publisher.tsx";
import { RunSection } from "./run-section.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { TroubleSection } from "./trouble-section.tsx";
import { UninstallSection } from "./uninstall-section.tsx";
import { UpdateSection } from "./update-section.tsx";
import { usePlugins } from "./use-manager.ts";
import { ViewsSection } from "./views-section.tsx";

/** What every section is given. */
export interface SectionProps {
  readonly entry: Entry;
  readonly installed: InstalledPlugins;
}

const SECTIONS: readonly ComponentType<SectionProps>[] = [
  RunSection,
  TroubleSection,
  UpdateSection,
  ViewsSection,
  SettingsSection,
  PermissionsSection,
  DocumentsSection,
  ChangesSection,
  MonitorSection,
  JournalSection,
  UninstallSection,
];

/** The place. */
export function PluginPlace(props: { readonly id: string; readonly menu: ReactNode }): ReactNode {
  const { id, menu } = props;
  const { plugins } = useShell();
  const { entries, installed } = usePlugins(plugins);
  const entry = entries.find(({ plugin }) => plugin.id === id);
  const name = entry ? nameOf(entry.plugin) : id;
  useEffect(() => {
    document.title = `${name} · croft`;
  }, [name]);
  return (
    <div className="page-view">
      <header className="bar">
        {menu}
        <a className="back" href={PLUGINS_HASH}>
          <Icon name="back" />
          All plugins
        </a>
      </header>
      <div className="sheet plugins">
        {entry && installed ? (
          <>
            <PluginHead entry={entry} />
            {SECTIONS.map((Section, index) => (
              <Section key={index} entry={entry} installed={installed} />
            ))}
          </>
        ) : (
          <NoSuchPlugin isKnown={installed !== undefined} />
        )}
      </div>
    </div>
  );
}

function PluginHead({ entry: { plugin, status } }: { readonly entry: Entry }): ReactNode {
  const { manifest } = plugin;
  return (
    <header className="plugins-head">
      <h1>{nameOf(plugin)}</h1>
      <div role="status">
        <StateLine words={pluginWords(plugin, status?.state)} />
      </div>
      {manifest && manifest.description !== "" && <p>{manifest.description}</p>}
      <Facts plugin={plugin} />
    </header>
  );
}

function Facts({ plugin }: { readonly plugin: InstalledPlugin }): ReactNode {
  const { workspace } = useShell();
  const { manifest, record } = plugin;
  const at = new Date(record.installedAt);
  return (
    <dl className="plugin-table">
      <dt>Version</dt>
      <dd>
        {plugin.package?.version ?? "unknown"}
        {manifest && manifest.license !== "" && <>, licence {manifest.license}</>}
      </dd>
      <dt>Publisher</dt>
      <dd>
        <PublisherLong publisher={plugin.package?.publisher} name={manifest?.publisher ?? ""} />
      </dd>
      <dt>Installed</dt>
      <dd>
        by {nameOfGuest(record.installedBy, workspace.user)} on{" "}
        <time dateTime={at.toISOString()}>{at.toLocaleDateString()}</time>
      </dd>
    </dl>
  );
}

function NoSuchPlugin({ isKnown }: { readonly isKnown: boolean }): ReactNode {
  if (!isKnown) return <div className="skeleton skeleton-title" />;
  return (
    <section className="plugins-none">
      <span className="blank-icon">
        <Icon name="plugin" />
      </span>
      <h2>This plugin is not installed</h2>
      <p className="soft">It was uninstalled, or has not arrived on this device yet.</p>
      <a className="button" href={PLUGINS_HASH}>
        All plugins
      </a>
    </section>
  );
}
