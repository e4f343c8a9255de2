/**
 * One view while it is shown: describes it, sends what changed, and hands on what people do. It says nothing more until
 * the last of it is on the screen, so that a view that changes a thousand times a second is described as often as it is seen.
 */

import type { Component } from "./node.ts";
import { diff, type Shown, ShownNodes } from "./diff.ts";
import { treeOf } from "./tree.ts";
import type { Patch, ViewEnvironment, ViewMessage, ViewReport } from "./wire.ts";

/** What a view's function is given: one place where it is shown. */
export interface ViewPlace extends ViewEnvironment {
  /** Aborted when it is not shown there any more. */
  readonly signal: AbortSignal;
  /** Has the view described anew, soon. Happens by itself after each event of it. */
  update(): void;
}

/** Describes a view. Called whenever something changed. */
export type ViewRender = Component<ViewPlace>;

/** Options of {@link showView}. */
export interface ViewSessionOptions {
  readonly render: ViewRender;
  readonly port: MessagePort;
  /** `where` continues "threw …". */
  readonly onThrown: (error: unknown, where: string) => void;
}

/** A view that is shown. */
export interface ViewSession {
  update(): void;
  end(): void;
}

/** Shows a view at the other end of a port. */
export function showView(options: ViewSessionOptions): ViewSession {
  const { port, render, onThrown } = options;
  const nodes = new ShownNodes();
  const controller = new AbortController();
  let shown: readonly Shown[] = [];
  let environment: ViewEnvironment | undefined;
  let seen = 0;
  let waiting = false;
  let due = false;
  let scheduled = false;

  const send = (message: ViewMessage): void => port.postMessage(message);
  const end = (): void => {
    if (controller.signal.aborted) return;
    port.close();
    controller.abort();
  };
  const flush = (): void => {
    scheduled = false;
    if (controller.signal.aborted || !environment || waiting || !due) return;
    due = false;
    const patches: Patch[] = [];
    try {
      const place: ViewPlace = { ...environment, signal: controller.signal, update };
      shown = diff(nodes, 0, shown, treeOf(render(place)), patches);
    } catch (error) {
      // What is half described cannot be gone on with.
      send(["failed", error instanceof Error ? error.message : String(error)]);
      onThrown(error, "when it described a view");
      end();
      return;
    }
    if (patches.length === 0) return;
    waiting = true;
    send(["patch", seen, patches]);
  };
  const update = (): void => {
    due = true;
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };
  const hear = async (id: number, type: string, data: unknown): Promise<void> => {
    const node = nodes.get(id);
    const handler = node?.handlers.get(type) as ((event: unknown) => unknown) | undefined;
    if (node) noteChange(nodes, node, data);
    if (!handler) return;
    try {
      const handled = handler(data);
      update();
      await handled;
    } catch (error) {
      onThrown(error, `when it heard of a ${type} in a view`);
    }
    update();
  };
  port.onmessage = ({ data }: MessageEvent<ViewReport>) => {
    switch (data[0]) {
      case "about":
        environment = data[1];
        update();
        break;
      case "done":
        waiting = false;
        if (due) update();
        break;
      case "event":
        seen = data[1];
        void hear(data[2], data[3], data[4]);
        break;
      case "canvas":
        void hear(data[1], "canvas", data[2]);
        break;
    }
  };
  return { update, end };
}

/** What a person changed is what is there now: the next description is compared with that. */
function noteChange(nodes: ShownNodes, node: Shown, data: unknown): void {
  if (typeof data !== "object" || data === null) return;
  const { value, checked } = data as { readonly value?: unknown; readonly checked?: unknown };
  const { attributes } = node;
  if (typeof value === "string" && "value" in attributes)
    node.attributes = { ...attributes, value };
  if (typeof checked !== "boolean" || !("checked" in attributes)) return;
  if (attributes["type"] === "radio" && checked) {
    for (const each of nodes.all()) {
      const { type, name } = each.attributes;
      if (type !== "radio" || name !== attributes["name"]) continue;
      each.attributes = { ...each.attributes, checked: null };
    }
  }
  node.attributes = { ...node.attributes, checked: checked || null };
}
