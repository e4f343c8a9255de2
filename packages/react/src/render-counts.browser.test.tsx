/** Writes that change nothing, in a real Chromium: nobody renders for them. */

import { createMemoryStore, openWorkspace } from "@croft/core";
import { type Collection, defineCollection, openCollection, set } from "@croft/core/collection";
import type { JSX } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { useQuery, useRecord } from "./index.ts";

const tasks = defineCollection("tasks", { title: z.string(), tags: set(z.string()) });
type Tasks = Collection<(typeof tasks)["shape"]>;

/** How often components that show a record, and a query that finds it, render while something is done. */
async function rendersOf(act: (collection: Tasks) => void): Promise<number> {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const board = workspace.open("board/a");
  await board.ready;
  const collection = openCollection(board, tasks);
  collection.insert({ id: "dig", title: "Dig", tags: ["garden"] });
  let renders = 0;
  function Row(): JSX.Element {
    renders++;
    return <p>{useRecord(collection, "dig")?.title}</p>;
  }
  function Rows(): JSX.Element {
    renders++;
    return <p>{useQuery(collection, { orderBy: "title" }).rows.map(({ id }) => id)}</p>;
  }
  const element = document.body.appendChild(document.createElement("div"));
  const root = createRoot(element);
  onTestFinished(async () => {
    root.unmount();
    element.remove();
    await workspace.dispose();
  });
  root.render([<Row key="row" />, <Rows key="rows" />]);
  await expect.poll(() => element.textContent).toBe("Digdig");
  const before = renders;
  act(collection);
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return renders - before;
}

it("a change renders each once", async () => {
  expect(await rendersOf((all) => all.set("dig", "tags").add("spring"))).toBe(2);
});

it("a field that has the value already renders nobody", async () => {
  expect(await rendersOf((all) => void all.update("dig", { title: "Dig" }))).toBe(0);
});

it("a member that is there already renders nobody", async () => {
  expect(await rendersOf((all) => all.set("dig", "tags").add("garden"))).toBe(0);
});

it("a member that is not there and is removed renders nobody", async () => {
  expect(await rendersOf((all) => void all.set("dig", "tags").delete("spring"))).toBe(0);
});
