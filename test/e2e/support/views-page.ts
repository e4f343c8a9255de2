/** What the page of the views' tests offers them: croft with plugins in sandboxes and one in the page, and places for views. */

import { createMemoryStore, openWorkspace, type Workspace } from "@croft/core";
import {
  createPluginHost,
  followInstalled,
  type InstalledPlugins,
  loadSandboxed,
  type MountedView,
  type MountOptions,
  type PluginHost,
} from "@croft/host";
import { definePlugin } from "@croft/plugin";
import { Button, Dialog, Field, h, Text } from "@croft/plugin/view";

/** See the top of this file. */
export interface ViewsPage {
  readonly workspace: Workspace;
  readonly host: PluginHost;
  readonly installed: InstalledPlugins;
  readonly problems: string[];
  readonly logged: string[];
  /** States of the mounted view, addresses to open, Escapes and shortcuts, as they came. */
  readonly news: string[];
  view: MountedView | undefined;
  show(name: string, options?: MountOptions): void;
  /** Registers a plugin that runs in the page; its view is `local/form`. */
  registerLocal(): void;
}

async function open(): Promise<ViewsPage> {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const problems: string[] = [];
  const logged: string[] = [];
  const news: string[] = [];
  const host = createPluginHost({
    workspace,
    deadlines: { deactivate: 1_000 },
    onProblem: ({ message }) => problems.push(message),
    onLog: ({ plugin, message, data }) => logged.push(`${plugin}: ${message} ${String(data)}`),
  });
  const installed = await followInstalled({
    workspace,
    host,
    load: loadSandboxed,
    allowUnsigned: true,
    onProblem: ({ message }) => problems.push(message),
  });
  await host.start();
  const page: ViewsPage = {
    workspace,
    host,
    installed,
    problems,
    logged,
    news,
    view: undefined,
    show(name, options = {}) {
      const panel = document.querySelector<HTMLElement>("#panel");
      if (!panel) throw new Error("the page has no panel");
      page.view = host.views.mount(name, panel, {
        onOpen: (address) => news.push(`open ${address}`),
        onEscape: () => news.push("escape"),
        onShortcut: ({ key, typing }) => news.push(`pressed ${key}${typing ? ", typing" : ""}`),
        ...options,
      });
      news.push(page.view.state.name);
      page.view.onState(({ name: state }) => news.push(state));
    },
    registerLocal: () => host.register(localPlugin()),
  };
  return page;
}

function localPlugin() {
  let name = "";
  let isOpen = false;
  return definePlugin({
    manifest: {
      id: "local",
      name: "Local",
      version: "1.0.0",
      engine: "*",
      activation: ["view:local/form"],
      contributes: { views: [{ name: "local/form", title: "Form" }] },
    },
    activate({ views }) {
      views.define("local/form", () => [
        h(Field, { label: "Name", value: name, onInput: (value) => void (name = value) }),
        h(Text, null, `Hello, ${name}`),
        h(Button, { onPress: () => void (isOpen = true) }, "Ask"),
        isOpen &&
          h(
            Dialog,
            { title: "Sure?", onClose: () => void (isOpen = false) },
            h(Button, { onPress: () => void (isOpen = false) }, "Yes"),
          ),
      ]);
    },
  });
}

Object.assign(globalThis, { openViewsPage: open });
