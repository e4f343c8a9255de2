/** The place beside the notes where one view of a plugin stands, if a person wants it there. */

import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { hashOfPlugin } from "../app/route.ts";
import { focusMain, rescueFocus } from "../shell/focus.ts";
import { Icon } from "../shell/icons.tsx";
import { useShell } from "../shell/shell-context.ts";
import { PluginView } from "./plugin-view.tsx";
import { useViews } from "./use-host.ts";

const KEY = "croft-demo/dock";

/** Which view is beside the notes, and how to change that. */
export interface Dock {
  /** The view's name; empty when there is none. */
  readonly name: string;
  /** Whether a person opened it just now, and is to find the keyboard there. */
  readonly isAsked: boolean;
  /** Shows a view, or with an empty name none. */
  readonly show: (name: string) => void;
}

/** The dock, as it was left in this browser; empty in safe mode, where nothing of it would be shown. */
export function useDock(safeMode: boolean): Dock {
  const [shown, setShown] = useState(() => ({
    name: safeMode ? "" : (localStorage.getItem(KEY) ?? ""),
    isAsked: false,
  }));
  const show = useCallback((name: string) => {
    localStorage.setItem(KEY, name);
    setShown({ name, isAsked: true });
  }, []);
  return useMemo(() => ({ ...shown, show }), [shown, show]);
}

/** The dock; nothing while no view is chosen, or its plugin is not here. */
export function DockPlace({ dock }: { readonly dock: Dock }): ReactNode {
  const { plugins } = useShell();
  const view = useViews(plugins.host).find(({ name }) => name === dock.name);
  const opener = useRef<Element>(null);
  const name = view?.name;
  useEffect(() => {
    if (name !== undefined) opener.current = document.activeElement;
  }, [name]);
  if (!view) return null;
  const close = () => {
    dock.show("");
    const { current } = opener;
    if (current instanceof HTMLElement && current.isConnected && current !== document.body) {
      current.focus();
    } else focusMain();
  };
  return (
    <aside className="dock" aria-label={`${view.title}, ${view.pluginName}`}>
      <header className="dock-head">
        <h2>{view.title}</h2>
        <a className="soft" href={hashOfPlugin(view.plugin)}>
          {view.pluginName}
        </a>
        <button
          type="button"
          className="button-icon"
          aria-label={`Close ${view.title}`}
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="dock-body">
        <PluginView view={view} focus={dock.isAsked} onEscape={rescueFocus} />
      </div>
    </aside>
  );
}

/** The views there are, in the sidebar: each opens beside the notes, or closes there. */
export function DockList({ dock }: { readonly dock: Dock }): ReactNode {
  const { plugins } = useShell();
  const views = useViews(plugins.host);
  if (views.length === 0) return null;
  return (
    <section className="panel" aria-label="Beside the notes">
      <h2>Beside the notes</h2>
      <ul className="dock-list">
        {views.map(({ name, title, pluginName }) => (
          <li key={name}>
            <button
              type="button"
              className="page-link dock-link"
              aria-pressed={dock.name === name}
              onClick={() => dock.show(dock.name === name ? "" : name)}
            >
              <span className="page-link-title">{title}</span>
              <span className="plugins-count">{pluginName}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
