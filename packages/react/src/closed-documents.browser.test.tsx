/** Documents that the application closed under the components that show them, in a real Chromium. */

import { createMemoryStore, type DocumentHandle, openWorkspace, type Workspace } from "@croft/core";
import { type Collection, defineCollection, openCollection } from "@croft/core/collection";
import { type JSX, type ReactNode, StrictMode, Suspense } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import * as Y from "yjs";
import * as z from "zod";
import {
  useAccess,
  useCollection,
  useDoc,
  useDocumentState,
  usePresence,
  useQuery,
  useRecord,
  WorkspaceProvider,
} from "./index.ts";

const tasks = defineCollection("tasks", { title: z.string() });

let workspace: Workspace;
let board: DocumentHandle;
let root: Root;
let element: HTMLElement;
let failures: Error[];

beforeEach(async () => {
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  board = workspace.open("board/a");
  await board.ready;
  openCollection(board, tasks).insert({ id: "dig", title: "Dig" });
  board.doc.getText("body").insert(0, "written");
  element = document.body.appendChild(document.createElement("div"));
  failures = [];
  root = createRoot(element, { onUncaughtError: (error) => void failures.push(error as Error) });
});
afterEach(async () => {
  root.unmount();
  element.remove();
  await workspace.dispose();
  const [failure] = failures;
  if (failure) throw failure;
});

function show(children: ReactNode): void {
  root.render(
    <StrictMode>
      <WorkspaceProvider workspace={workspace}>
        <Suspense fallback="loading">{children}</Suspense>
      </WorkspaceProvider>
    </StrictMode>,
  );
}

function Board({ times }: { times: number }): JSX.Element {
  const collection = useCollection(board, tasks);
  const record = useRecord(collection, "dig");
  const { rows, count } = useQuery(collection, { orderBy: "title" });
  const others = usePresence(board, { name: "Ada" });
  const state = useDocumentState(board);
  const text = useDoc(board).getText("body").toString();
  const shown = [times, record?.title, rows[0]?.title, count, text, others.length];
  return <p title={`${state.ready} ${useAccess(board)}`}>{shown.map(String).join()}</p>;
}

async function shows(wanted: string): Promise<void> {
  await expect.poll(() => element.textContent).toBe(wanted);
}

it("one that is closed while it is shown stays as it was shown last", async () => {
  show(<Board times={1} />);
  await shows("1,Dig,Dig,1,written,0");
  board.close();
  show(<Board times={2} />);
  await shows("2,Dig,Dig,1,written,0");
});

it("one that is closed before it is shown is empty, and refuses what is written", async () => {
  board.close();
  const collections = new Set<Collection<(typeof tasks)["shape"]>>();
  function Writer(): JSX.Element {
    collections.add(useCollection(board, tasks));
    return <Board times={1} />;
  }
  show(<Writer />);
  await shows("1,undefined,undefined,0,,0");
  const [collection] = collections;
  expect(collections.size).toBe(1);
  expect(() => collection?.insert({ title: "Sow" })).toThrow(
    expect.objectContaining({ code: "disposed" }),
  );
});

it("what comes up with a collection whose document was closed does not fail", async () => {
  const collection = openCollection(board, tasks);
  onTestFinished(() => collection.dispose());
  function Row({ title }: { title: string }): JSX.Element {
    const { rows, count } = useQuery(collection, { where: { title } });
    const record = useRecord(collection, title.toLowerCase());
    return <p>{`${rows.length} ${count} ${record?.title}`}</p>;
  }
  board.close();
  show(<Row title="Sow" />);
  await shows("0 0 undefined");
});

it("an editor finds the Y.Doc that was bound last", async () => {
  const docs = new Set<Y.Doc>();
  function Editor({ times }: { times: number }): JSX.Element {
    docs.add(useDoc(board));
    return <p>{times}</p>;
  }
  show(<Editor times={1} />);
  await shows("1");
  board.close();
  show(<Editor times={2} />);
  await shows("2");
  expect([...docs]).toHaveLength(1);
  expect([...docs][0]?.getText("body").toString()).toBe("written");
});
