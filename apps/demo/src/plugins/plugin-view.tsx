/** A view of a plugin in the page: in the demo's look, with words for when there is nothing to be seen. */

import { CroftError, unreachable } from "@croft/core";
import type { HostView, MountedView, MountedViewState } from "@croft/host";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { hashOfPlugin } from "../app/route.ts";
import { useShell } from "../shell/shell-context.ts";
import { Dialog } from "../shell/dialog.tsx";
import { stateWords } from "./plugin-words.ts";
import { Problem } from "./problem.tsx";
import { allShortcuts, pressInPage } from "./shortcuts.ts";
import { useCommands } from "./use-host.ts";
import { problemOf, usePlugins } from "./use-manager.ts";
import { useViewTheme } from "./view-theme.ts";

/** The view, and a way to start its plugin where it is not running. */
export function PluginView(props: {
  readonly view: HostView;
  /** Brings the keyboard there once it is shown. */
  readonly focus?: boolean;
  /** Escape was pressed where it means nothing in the view. */
  readonly onEscape?: () => void;
}): ReactNode {
  const { view, focus = false, onEscape } = props;
  const { plugins } = useShell();
  const [round, setRound] = useState(0);
  const again = () => {
    // Why it does not start, if it does not, the view's own state says.
    plugins.host.activate(view.plugin).catch(() => undefined);
    setRound(round + 1);
  };
  return (
    <Mounted
      key={`${view.name} ${round}`}
      view={view}
      focus={focus || round > 0}
      onEscape={onEscape}
      onAgain={again}
    />
  );
}

function Mounted(props: {
  readonly view: HostView;
  readonly focus: boolean;
  readonly onEscape: (() => void) | undefined;
  readonly onAgain: () => void;
}): ReactNode {
  const { view, focus, onAgain } = props;
  const { name } = view;
  const { plugins } = useShell();
  const { host } = plugins;
  const theme = useViewTheme();
  const commands = useCommands(host);
  const shortcuts = useMemo(() => allShortcuts(commands), [commands]);
  const place = useRef<HTMLDivElement>(null);
  const mounted = useRef<MountedView>(undefined);
  const [state, setState] = useState<MountedViewState>({ name: "waiting" });
  const [address, setAddress] = useState<string>();
  // What is there when it is mounted: later changes are told to it by the other effects, or when it calls.
  const latest = useRef({ theme, focus, shortcuts, onEscape: props.onEscape });
  useEffect(() => {
    latest.current = { theme, focus, shortcuts, onEscape: props.onEscape };
  });
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let wantsFocus = latest.current.focus;
    let mount: MountedView | undefined;
    const show = (next: MountedViewState) => {
      setState(next);
      if (next.name !== "shown" || !wantsFocus) return;
      wantsFocus = false;
      mount?.focus();
    };
    try {
      mount = host.views.mount(name, element, {
        theme: latest.current.theme,
        onOpen: setAddress,
        onEscape: () => latest.current.onEscape?.(),
        shortcuts: latest.current.shortcuts,
        onShortcut: (press) => pressInPage(element, press),
      });
    } catch (error) {
      show({ name: "failed", error: problemOf(error) });
      return;
    }
    mounted.current = mount;
    show(mount.state);
    const stop = mount.onState(show);
    return () => {
      stop();
      mount?.dispose();
      mounted.current = undefined;
    };
  }, [host, name]);
  useEffect(() => {
    mounted.current?.setTheme(theme);
  }, [theme]);
  useEffect(() => {
    mounted.current?.setShortcuts(shortcuts);
  }, [shortcuts]);
  return (
    <div className="plugin-view">
      <div className="plugin-view-frame" ref={place} />
      <Instead view={view} state={state} onAgain={onAgain} />
      {address !== undefined && (
        <OpenDialog view={view} address={address} onClose={() => setAddress(undefined)} />
      )}
    </div>
  );
}

/** What stands in the place of a view that is not to be seen. */
function Instead(props: {
  readonly view: HostView;
  readonly state: MountedViewState;
  readonly onAgain: () => void;
}): ReactNode {
  const { view, state, onAgain } = props;
  switch (state.name) {
    case "shown":
    case "ended":
      return null;
    case "loading":
      return (
        <div role="status">
          <span className="visually-hidden">{view.title} is being opened…</span>
          <div className="skeleton skeleton-text" />
          <div className="skeleton skeleton-text" />
        </div>
      );
    case "failed":
      return (
        <Problem error={state.error}>
          <button type="button" className="button button-small" onClick={onAgain}>
            Try again
          </button>
          <a className="button button-small" href={hashOfPlugin(view.plugin)}>
            What happened
          </a>
        </Problem>
      );
    case "waiting":
      return <Waiting view={view} onAgain={onAgain} />;
    default:
      return unreachable(state);
  }
}

/** Its plugin does not run: how it is, and what can be done. */
function Waiting(props: { readonly view: HostView; readonly onAgain: () => void }): ReactNode {
  const { plugin, pluginName } = props.view;
  const { plugins } = useShell();
  usePlugins(plugins); // Rendered anew when it changes.
  const status = plugins.host.list().find(({ id }) => id === plugin);
  if (!status) return null;
  const words = stateWords(status.state);
  const start = words.canStart && (
    <button type="button" className="button button-small" onClick={props.onAgain}>
      Start it now
    </button>
  );
  const error = words.reason ?? status.lack;
  if (error) {
    return (
      <Problem error={error}>
        {start}
        <a className="button button-small" href={hashOfPlugin(plugin)}>
          What happened
        </a>
      </Problem>
    );
  }
  return (
    <div className="notice" role="status">
      <span>
        {pluginName}: {words.text}.
      </span>
      {start}
    </div>
  );
}

/** A person clicked on a link in a view: they see where it leads before they go. */
function OpenDialog(props: {
  readonly view: HostView;
  readonly address: string;
  readonly onClose: () => void;
}): ReactNode {
  const { view, address, onClose } = props;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    const error = new CroftError("input/invalid", `${view.pluginName} names no page of the web.`, {
      plugin: view.plugin,
    });
    return (
      <Dialog title="This does not open" onClose={onClose}>
        <Problem error={error} />
      </Dialog>
    );
  }
  return (
    <Dialog title={`Open ${url.hostname}?`} onClose={onClose}>
      <p className="soft wrap">
        {view.pluginName} leads to {url.href}
      </p>
      <div className="form-actions">
        <button type="button" className="button" onClick={onClose}>
          Stay here
        </button>
        <a
          className="button button-primary"
          href={url.href}
          target="_blank"
          rel="noopener noreferrer"
          onClick={onClose}
        >
          Open it
        </a>
      </div>
    </Dialog>
  );
}
