import { CroftError } from "@croft/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseManifest } from "../manifest.ts";
import { h } from "../view/node.ts";
import type { ViewMessage } from "../view/wire.ts";
import { createViewShelf, type ViewShelf } from "./view-shelf.ts";
import { passOnViews, serveViews } from "./views.ts";

const manifest = parseManifest({
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  contributes: { views: [{ name: "stats/summary", title: "Summary" }] },
});
const about = ["about", { lang: "en", scheme: "light", theme: {} }];
const gone = new CroftError("disposed", "gone");

let shelf: ViewShelf;
let thrown: string[];
let ports: MessagePort[];

beforeEach(() => {
  thrown = [];
  ports = [];
  shelf = createViewShelf(manifest, (error, where) => thrown.push(`${where}: ${String(error)}`));
});
afterEach(() => {
  shelf.end(gone);
  for (const port of ports) port.close();
});

/** A place for a view: what it was told, and its port. */
function place(): {
  port: MessagePort;
  near: MessagePort;
  readonly next: () => Promise<ViewMessage>;
} {
  const { port1: near, port2: port } = new MessageChannel();
  ports.push(near, port);
  const heard: ViewMessage[] = [];
  let wake = (): void => undefined;
  near.onmessage = ({ data }) => {
    heard.push(data as ViewMessage);
    wake();
  };
  return {
    port,
    near,
    async next() {
      while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return heard.shift() as ViewMessage;
    },
  };
}

describe("the views of an activation", () => {
  it("are those of its manifest, each defined once", () => {
    expect(() => shelf.define("stats/other", () => null)).toThrow("does not contribute");
    shelf.define("stats/summary", () => null);
    expect(() => shelf.define("stats/summary", () => null)).toThrow("twice");
    shelf.end(gone);
    expect(() => shelf.define("stats/summary", () => null)).toThrow(gone);
  });

  it("can be waited for, until the end", async () => {
    const waiting = shelf.get("stats/summary");
    shelf.define("stats/summary", () => "x");
    expect(await waiting).toMatchObject({ fenced: false });
    const other = createViewShelf(manifest, () => undefined);
    const refused = other.get("stats/summary");
    other.end(gone);
    await expect(refused).rejects.toBe(gone);
    await expect(other.get("stats/summary")).rejects.toBe(gone);
  });

  it("say nothing more before what they said is shown, and then the newest only", async () => {
    let count = 0;
    let described = 0;
    const view = shelf.define("stats/summary", () => {
      described++;
      return h("p", null, count);
    });
    const { port, near, next } = place();
    (await shelf.get("stats/summary")).connect(port);
    near.postMessage(about);
    expect(await next()).toEqual(["patch", 0, [["add", 0, 0, [2, "p", {}, [[1, "0"]]]]]]);
    for (count = 1; count < 1_000; count++) view.update();
    // A turn of the port in which nothing may come: an event of something that is not there.
    near.postMessage(["event", 5, 99, "click", {}]);
    near.postMessage(["done"]);
    expect(await next()).toEqual(["patch", 5, [["text", 1, "1000"]]]);
    expect(described).toBe(2);
  });

  it("hear of events, and what a handler throws is told", async () => {
    let pressed = 0;
    shelf.define("stats/summary", () =>
      h(
        "button",
        {
          onClick: async () => {
            if (++pressed === 2) throw new Error("no luck");
          },
        },
        pressed,
      ),
    );
    const { port, near, next } = place();
    (await shelf.get("stats/summary")).connect(port);
    near.postMessage(about);
    await next();
    near.postMessage(["done"]);
    near.postMessage(["event", 1, 2, "click", { type: "click" }]);
    expect(await next()).toEqual(["patch", 1, [["text", 1, "1"]]]);
    near.postMessage(["done"]);
    near.postMessage(["event", 2, 2, "click", { type: "click" }]);
    expect(await next()).toEqual(["patch", 2, [["text", 1, "2"]]]);
    expect(thrown).toEqual(["when it heard of a click in a view: Error: no luck"]);
  });

  it("that cannot be described say so, and are over", async () => {
    shelf.define("stats/summary", () => {
      throw new Error("no luck");
    });
    const { port, near, next } = place();
    (await shelf.get("stats/summary")).connect(port);
    near.postMessage(about);
    expect(await next()).toEqual(["failed", "no luck"]);
    expect(thrown).toEqual(["when it described a view: Error: no luck"]);
  });

  it("are passed on to where the plugin runs, until they are shown no more", async () => {
    const ended = Promise.withResolvers<void>();
    const far = createViewShelf(manifest, () => undefined);
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    passOnViews(shelf, manifest, port1);
    serveViews(port2, (name) => far.get(name));
    const { port, near, next } = place();
    const source = await shelf.get("stats/summary");
    expect(source.fenced).toBe(true);
    const hide = source.connect(port);
    near.postMessage(about);
    far.define("stats/summary", ({ signal }) => {
      signal.addEventListener("abort", () => ended.resolve());
      return "there";
    });
    expect(await next()).toEqual(["patch", 0, [["add", 0, 0, [1, "there"]]]]);
    hide();
    await ended.promise;
  });
});
