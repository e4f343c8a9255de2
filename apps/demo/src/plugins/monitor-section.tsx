/** What a plugin takes, live: what stands out in words, and the figures. */

import type { PluginFigures, PluginHost } from "@croft/host";
import { type ReactNode, useEffect, useState } from "react";
import { useShell } from "../shell/shell-context.ts";
import { monitorRows } from "./monitor-rows.ts";
import type { SectionProps } from "./plugin-place.tsx";

/** The section. */
export function MonitorSection({ entry }: SectionProps): ReactNode {
  const { plugins } = useShell();
  const { id } = entry.plugin;
  const { figures, findings } = useMonitored(plugins.host, id);
  if (!figures || figures.activations + figures.crashes === 0) return null;
  return (
    <section className="plugins-section">
      <h2>What it takes</h2>
      <div role="status">
        {findings.length === 0 ? (
          <p className="soft">Nothing stands out.</p>
        ) : (
          findings.map((message) => <p key={message}>{message}</p>)
        )}
      </div>
      <dl className="plugin-table">
        {monitorRows(figures).map(([what, amount]) => (
          <Row key={what} what={what} amount={amount} />
        ))}
      </dl>
      <button type="button" className="button button-small" onClick={() => save(plugins.host)}>
        Save all figures
      </button>
    </section>
  );
}

function Row({ what, amount }: { readonly what: string; readonly amount: string }): ReactNode {
  return (
    <>
      <dt>{what}</dt>
      <dd>{amount}</dd>
    </>
  );
}

interface Monitored {
  readonly figures: PluginFigures | undefined;
  readonly findings: readonly string[];
}

function useMonitored({ monitor }: PluginHost, id: string): Monitored {
  const look = (): Monitored => ({
    figures: monitor.list().find(({ figures }) => figures.plugin === id)?.figures,
    findings: monitor.report().flatMap(({ plugin, message }) => (plugin === id ? [message] : [])),
  });
  const [seen, setSeen] = useState(look);
  useEffect(() => {
    setSeen(look());
    return monitor.onChange(() => setSeen(look()));
    // What is looked up follows from these two.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [monitor, id]);
  return seen;
}

/** In the form that collectors of OpenTelemetry take. */
function save({ monitor }: PluginHost): void {
  const blob = new Blob([JSON.stringify(monitor.export(), null, 2)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = "croft-plugins.otlp.json";
  link.click();
  URL.revokeObjectURL(link.href);
}
