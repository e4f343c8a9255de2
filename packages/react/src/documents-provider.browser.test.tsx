/** Views of a plugin, over its own replica, in a real Chromium. */

import { createMemoryStore, openWorkspace, parsePattern } from "@croft/core";
import { defineCollection, openCollection } from "@croft/core/collection";
import { type JSX, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { DocumentsProvider, useAccess, useCollection, useDocument, useQuery } from "./index.ts";

const tasks = defineCollection("tasks", { title: z.string() });

function Board(): JSX.Element {
  const board = useDocument("board/main");
  const { rows } = useQuery(useCollection(board, tasks), { orderBy: "title" });
  return <p>{`${useAccess(board)}: ${rows.map(({ title }) => title).join(", ")}`}</p>;
}

it("a plugin's views show what the plugin was granted, and no more", async () => {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const element = document.body.appendChild(document.createElement("div"));
  const root = createRoot(element);
  onTestFinished(async () => {
    root.unmount();
    element.remove();
    await workspace.dispose();
  });
  const board = workspace.open("board/main");
  await board.ready;
  const own = openCollection(board, tasks);
  own.insert({ title: "Dig" });
  const documents = workspace.createPluginReplica("stats");
  root.render(
    <StrictMode>
      <DocumentsProvider documents={documents}>
        <Suspense fallback="loading">
          <Board />
        </Suspense>
      </DocumentsProvider>
    </StrictMode>,
  );
  const text = (): string | null => element.textContent;
  await expect.poll(text).toBe("none: ");
  workspace.gate.setPluginGrants("stats", [{ pattern: parsePattern("board/**"), access: "read" }]);
  await expect.poll(text).toBe("read: Dig");
  own.insert({ title: "Sow" });
  await expect.poll(text).toBe("read: Dig, Sow");
});
