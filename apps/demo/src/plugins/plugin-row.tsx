/** One plugin in the list: how it is, whose it is, what it may do. */

import type { PluginStatus } from "@croft/host";
import type { ReactNode } from "react";
import { hashOfPlugin } from "../app/route.ts";
import { isGranted, listAsked } from "./asked.ts";
import { type Entry, nameOf } from "./manager.ts";
import { type PluginWords, pluginWords, stateWords } from "./plugin-words.ts";
import { PublisherShort } from "./publisher.tsx";

/** An installed plugin; the whole row leads to its page. */
export function PluginRow({ entry }: { readonly entry: Entry }): ReactNode {
  const { plugin, status } = entry;
  const words = pluginWords(plugin, status?.state);
  return (
    <li className="plugin-row">
      <div className="plugin-main">
        <p className="plugin-name">
          <a href={hashOfPlugin(plugin.id)}>{nameOf(plugin)}</a>{" "}
          <span className="plugin-version">{plugin.package?.version}</span>
        </p>
        <p className="soft plugin-facts">
          {plugin.package && <PublisherShort publisher={plugin.package.publisher} />}
          <span>{mayInWords(entry)}</span>
        </p>
        {words.reason && <p className="plugin-reason">{words.reason.message}</p>}
      </div>
      <StateLine words={words} />
    </li>
  );
}

/** A plugin that is a part of the app. */
export function BuiltInRow({ status }: { readonly status: PluginStatus }): ReactNode {
  const { manifest, state } = status;
  return (
    <li className="plugin-row">
      <div className="plugin-main">
        <p className="plugin-name">
          {manifest.name} <span className="plugin-version">{manifest.version}</span>
        </p>
        <p className="soft">{manifest.description} It runs in the app itself, not in a sandbox.</p>
      </div>
      <StateLine words={stateWords(state)} />
    </li>
  );
}

/** A plugin that `croft-plugin dev` offers to this window. */
export function DevelopedRow({ status }: { readonly status: PluginStatus }): ReactNode {
  const { manifest, state } = status;
  const words = stateWords(state);
  return (
    <li className="plugin-row">
      <div className="plugin-main">
        <p className="plugin-name">
          {manifest.name} <span className="plugin-version">{manifest.version}</span>
        </p>
        <p className="soft">
          It is taken anew whenever its author saves, in this window alone, with all that it asks
          for.
        </p>
        {words.reason && <p className="plugin-reason">{words.reason.message}</p>}
      </div>
      <StateLine words={words} />
    </li>
  );
}

/** How a plugin is, with a dot that says the same in colour. */
export function StateLine({ words }: { readonly words: PluginWords }): ReactNode {
  return (
    <p className="status" data-tone={words.tone}>
      <span className="status-dot" aria-hidden="true" />
      <span>{words.text}</span>
    </p>
  );
}

function mayInWords({ plugin: { standing, manifest, granted } }: Entry): string {
  if (!manifest) return "";
  const items = listAsked(manifest.permissions);
  if (standing.name === "unasked") {
    return items.length === 0 ? "asks for nothing" : `asks for ${counted(items.length)}`;
  }
  const allowed = items.filter((item) => isGranted(item, granted));
  const [first] = allowed;
  if (!first) return "may do nothing but keep documents of its own";
  const what = `may ${first.what.charAt(0).toLowerCase()}${first.what.slice(1)}`;
  return allowed.length === 1 ? what : `${what}, and ${allowed.length - 1} more`;
}

function counted(count: number): string {
  return count === 1 ? "one permission" : `${count} permissions`;
}
