/** The hooks in a real Chromium, over a real workspace and a real hub. */

import {
  createGate,
  createHub,
  createMemoryChannelPair,
  createMemoryStore,
  type DocumentHandle,
  type Hub,
  openWorkspace,
  parsePattern,
  servePeer,
  type Workspace,
} from "@croft/core";
import { type Collection, defineCollection, openCollection } from "@croft/core/collection";
import { Activity, type JSX, type ReactNode, StrictMode, Suspense } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import * as z from "zod";
import { documentShelf } from "./use-document.ts";
import {
  useAccess,
  useCollection,
  useDoc,
  useDocument,
  useDocumentState,
  usePresence,
  useQuarantine,
  useQuery,
  useRecord,
  useSyncStatus,
  WorkspaceProvider,
} from "./index.ts";

const tasks = defineCollection("tasks", {
  title: z.string(),
  done: z.boolean(),
  owner: z.string().optional(),
});

let hub: Hub;
let gate: ReturnType<typeof createGate>;
let root: Root;
let complaints: MockInstance<typeof console.error>;
let element: HTMLElement;
const opened: Workspace[] = [];

beforeEach(async () => {
  complaints = vi.spyOn(console, "error");
  gate = createGate();
  hub = await createHub({ store: createMemoryStore(), gate });
  element = document.body.appendChild(document.createElement("div"));
  root = createRoot(element);
});
afterEach(async () => {
  root.unmount();
  // React tells there what is done wrong.
  const [complaint] = complaints.mock.calls;
  complaints.mockRestore();
  if (complaint) throw new Error(complaint.map(String).join(" "));
  element.remove();
  await Promise.all(opened.splice(0).map((workspace) => workspace.dispose()));
  await hub.dispose();
});

async function workspaceOf(user: string): Promise<Workspace> {
  const workspace = await openWorkspace({
    id: "acme",
    user,
    store: async () => createMemoryStore(),
    sync: {
      url: "ws://in-process",
      connect: async () => {
        const [near, far] = createMemoryChannelPair();
        const grants = [{ pattern: parsePattern("**"), access: "write" as const }];
        servePeer(far, async () => ({ hub, principal: { user, grants } }));
        return near;
      },
    },
  });
  opened.push(workspace);
  return workspace;
}

function show(workspace: Workspace | Promise<Workspace>, children: ReactNode): void {
  root.render(
    <StrictMode>
      <WorkspaceProvider workspace={workspace}>
        <Suspense fallback="loading">{children}</Suspense>
      </WorkspaceProvider>
    </StrictMode>,
  );
}

async function shows(wanted: string | RegExp): Promise<void> {
  await expect.poll(() => element.textContent).toMatch(wanted);
}

describe("documents", () => {
  it("suspend for their first content, follow their state, and are closed when nobody shows them", async () => {
    const workspace = workspaceOf("ada");
    function Page(): JSX.Element {
      const page = useDocument("notes/a");
      const { saved } = useDocumentState(page);
      return <p>{`${saved} ${useAccess(page)} ${page.doc.getText("body").toString()}`}</p>;
    }
    show(workspace, <Page />);
    await shows(/^server write $/);
    const ready = await workspace;
    const same = ready.open("notes/a");
    same.doc.getText("body").insert(0, "typed");
    await same.saved("server");
    same.close();
    gate.limitUser("ada", [{ pattern: parsePattern("**"), access: "read" }]);
    await shows(/read typed/);
    expect(documentShelf(ready).size).toBe(1);
    show(workspace, "nothing");
    await expect.poll(() => documentShelf(ready).size, { timeout: 5_000 }).toBe(0);
  });

  it("are bound to another Y.Doc after a refusal", async () => {
    const workspace = await workspaceOf("ada");
    let docs = new Set<unknown>();
    let page: DocumentHandle | undefined;
    function Page(): JSX.Element {
      page = useDocument("notes/a");
      const doc = useDoc(page);
      docs = new Set([...docs, doc]);
      return <p>{`${useQuarantine().length} refused`}</p>;
    }
    show(workspace, <Page />);
    await shows("0 refused");
    workspace.sync.pause();
    page?.doc.getText("body").insert(0, "refused");
    await page?.saved("device");
    gate.limitUser("ada", [{ pattern: parsePattern("**"), access: "read" }]);
    workspace.sync.resume();
    await shows("1 refused");
    await expect.poll(() => docs.size).toBeGreaterThan(1);
    expect(page?.doc.getText("body").toString()).toBe("");
  });
});

describe("collections", () => {
  it("render again for what changed, and for nothing else", async () => {
    const [ada, ben] = [await workspaceOf("ada"), await workspaceOf("ben")];
    let renders = 0;
    let rowRenders = 0;
    function Row({ board, id }: { board: DocumentHandle; id: string }): JSX.Element {
      rowRenders++;
      return <li>{useRecord(useCollection(board, tasks), id)?.title}</li>;
    }
    function Board(): JSX.Element {
      renders++;
      const board = useDocument("board/main");
      const all = useCollection(board, tasks);
      const { rows, count } = useQuery(all, { where: { done: false }, orderBy: "title", limit: 2 });
      return (
        <ul title={`${count}`}>
          {rows.map(({ id }) => (
            <Row key={id} board={board} id={id} />
          ))}
        </ul>
      );
    }
    const theirs = openCollection(ben.open("board/main"), tasks);
    show(ada, <Board />);
    await shows(/^$/);
    for (const title of ["b", "a", "c"]) theirs.insert({ id: title, title, done: false });
    await shows(/^ab$/);
    await expect.poll(() => element.querySelector("ul")?.title).toBe("3");
    const before = [renders, rowRenders];
    theirs.insert({ id: "z", title: "of no concern", done: true });
    theirs.update("c", { title: "cc" });
    // Told after those, and shown.
    theirs.update("a", { title: "aa" });
    await shows(/^aab$/);
    // The board once (StrictMode: twice) for its changed row, and that row with it.
    expect(renders - (before[0] ?? 0)).toBeLessThanOrEqual(4);
    expect(rowRenders - (before[1] ?? 0)).toBeLessThanOrEqual(8);
    theirs.delete("a");
    await shows(/^bcc$/);
  });
});

describe("what was hidden for long", () => {
  it("is opened again when it is shown, and nothing of it listens meanwhile", async () => {
    const [ada, ben] = [await workspaceOf("ada"), await workspaceOf("ben")];
    const theirs = openCollection(ben.open("board/main"), tasks);
    const collections = new Set<Collection<(typeof tasks)["shape"]>>();
    function State({ board }: { board: DocumentHandle }): JSX.Element {
      return <b>{useDocumentState(board).access}</b>;
    }
    function Board(): JSX.Element {
      const board = useDocument("board/main");
      const all = useCollection(board, tasks);
      collections.add(all);
      const { rows } = useQuery(all, { orderBy: "title" });
      const free = useQuery(all, { orderBy: "title", where: { owner: undefined } });
      return (
        <p>
          {rows.map(({ title }) => title).join("")} {free.count} <State board={board} />
        </p>
      );
    }
    const board = (mode: "visible" | "hidden"): JSX.Element => (
      <Activity mode={mode}>
        <Board />
      </Activity>
    );
    show(ada, board("visible"));
    theirs.insert({ title: "a", done: false });
    theirs.insert({ title: "b", done: false, owner: "ben" });
    await shows("ab 1 write");
    show(ada, board("hidden"));
    await expect.poll(() => documentShelf(ada).size, { timeout: 5_000 }).toBe(0);
    for (const collection of collections) {
      expect(() => collection.delete("a")).toThrow(expect.objectContaining({ code: "disposed" }));
    }
    theirs.insert({ title: "c", done: false });
    show(ada, board("visible"));
    await shows("abc 2 write");
    theirs.insert({ title: "d", done: false });
    await shows("abcd 3 write");
  });
});

describe("people and the link", () => {
  it("are shown as they come and go", async () => {
    const [ada, ben] = [await workspaceOf("ada"), await workspaceOf("ben")];
    function People(): JSX.Element {
      const others = usePresence(useDocument("notes/a"), { name: "Ada" });
      const { state } = useSyncStatus();
      const names = others.map(({ state: { name }, principal }) => `${name} (${principal})`);
      return <p>{`${state.name}: ${names.join()}`}</p>;
    }
    show(ada, <People />);
    await shows(/^[a-z]+: $/);
    const page = ben.open("notes/a");
    page.awareness.setLocalState({ name: "Ben" });
    await shows(/: Ben \(ben\)$/);
    await expect.poll(() => [...page.awareness.getStates().values()]).toHaveLength(2);
    expect([...page.awareness.getStates().values()]).toContainEqual(
      expect.objectContaining({ name: "Ada", principal: "ada" }),
    );
    page.close();
    ada.sync.pause();
    await shows(/^paused: $/);
  });
});

describe("what this window shows of itself", () => {
  const own = (page: DocumentHandle): unknown => page.awareness.getLocalState();

  /** What the others are told of this window from now on, in order. */
  function toldFrom({ awareness }: DocumentHandle): unknown[] {
    const told: unknown[] = [];
    awareness.on("update", (_change: unknown, origin: unknown) => {
      if (origin === "local") told.push(awareness.getLocalState());
    });
    return told;
  }

  /** The names that the others at a document show. */
  const names = (page: DocumentHandle): unknown[] =>
    [...page.awareness.getStates()]
      .filter(([id]) => id !== page.awareness.clientID)
      .map(([, { name }]: [number, { name?: unknown }]) => name);

  it("is shown again, and the others too, after it was hidden for long", async () => {
    const [ada, ben] = [await workspaceOf("ada"), await workspaceOf("ben")];
    function People({ page }: { page: DocumentHandle }): JSX.Element {
      const others = usePresence<{ name: string }>(page, { name: "Ada" });
      return <p>{`others: ${others.map(({ state: { name } }) => name).join()}`}</p>;
    }
    function Page(): JSX.Element {
      const page = useDocument("notes/a");
      usePresence(page, { place: "page" });
      return <People page={page} />;
    }
    // The same element each time: it does not render again only because it is shown again.
    const page = <Page />;
    const theirs = ben.open("notes/a");
    theirs.awareness.setLocalState({ name: "Ben" });
    show(ada, <Activity mode="visible">{page}</Activity>);
    await shows(/^others: Ben$/);
    await expect.poll(() => names(theirs)).toEqual(["Ada"]);
    show(ada, <Activity mode="hidden">{page}</Activity>);
    await expect.poll(() => documentShelf(ada).size, { timeout: 5_000 }).toBe(0);
    await expect.poll(() => names(theirs)).toEqual([]);
    theirs.awareness.setLocalState({ name: "Benjamin" });
    show(ada, <Activity mode="visible">{page}</Activity>);
    await shows(/^others: Benjamin$/);
    await expect.poll(() => names(theirs)).toEqual(["Ada"]);
    theirs.awareness.setLocalState({ name: "Benno" });
    await shows(/^others: Benno$/);
  });

  it("finds nobody, and does not fail, when it comes up with a document that is closed", async () => {
    const ada = await workspaceOf("ada");
    const page = ada.open("notes/a");
    await page.ready;
    page.close();
    function People(): JSX.Element {
      return <p>{`${usePresence(page, { name: "Ada" }).length} others`}</p>;
    }
    show(ada, <People />);
    await shows("0 others");
  });

  it("is told once for each change, and not when nothing changed", async () => {
    const ada = await workspaceOf("ada");
    function People({ state }: { state: object }): JSX.Element {
      usePresence(useDocument("notes/a"), state);
      return <p>{JSON.stringify(state)}</p>;
    }
    const page = ada.open("notes/a");
    show(ada, <People state={{ name: "Ada", at: { x: 1, y: 1 } }} />);
    await expect.poll(() => own(page)).toEqual({ name: "Ada", at: { x: 1, y: 1 } });
    page.awareness.setLocalStateField("cursor", 7);
    const told = toldFrom(page);
    show(ada, <People state={{ at: { y: 1, x: 1 }, name: "Ada" }} />);
    await shows('{"at":{"y":1,"x":1},"name":"Ada"}');
    show(ada, <People state={{ name: "Ada", at: { x: 2, y: 1 } }} />);
    await expect.poll(() => own(page)).toHaveProperty("at.x", 2);
    show(ada, <People state={{ name: "Ada", busy: true }} />);
    await expect.poll(() => own(page)).toHaveProperty("busy");
    show(ada, "nothing");
    await expect.poll(() => own(page)).toEqual({ cursor: 7 });
    expect(told).toEqual([
      { name: "Ada", at: { x: 2, y: 1 }, cursor: 7 },
      { name: "Ada", busy: true, cursor: 7 },
      { cursor: 7 },
    ]);
  });

  it("stays while one of the components that show it is there", async () => {
    const ada = await workspaceOf("ada");
    function Person(state: { name: string; tool?: string }): JSX.Element {
      usePresence(useDocument("notes/a"), state);
      return <p>{state.name}</p>;
    }
    const page = ada.open("notes/a");
    const first = <Person key="1" name="Ada" />;
    show(ada, [first, <Person key="2" name="Ada" tool="pen" />]);
    await expect.poll(() => own(page)).toEqual({ name: "Ada", tool: "pen" });
    const told = toldFrom(page);
    show(ada, [first]);
    await expect.poll(() => own(page)).toEqual({ name: "Ada" });
    expect(told).toEqual([{ name: "Ada" }]);
    show(ada, [first, <Person key="3" name="Ada L." />]);
    await expect.poll(() => own(page)).toEqual({ name: "Ada L." });
    // What was shown last counts, also when it is the older component that changes.
    show(ada, [<Person key="1" name="Countess" />, <Person key="3" name="Ada L." />]);
    await expect.poll(() => own(page)).toEqual({ name: "Countess" });
    show(ada, [<Person key="3" name="Ada L." />]);
    await expect.poll(() => own(page)).toEqual({ name: "Ada L." });
    show(ada, "nothing");
    await expect.poll(() => own(page)).toEqual({});
  });

  it("does not come back when a component goes after the window was taken away", async () => {
    const ada = await workspaceOf("ada");
    function Person({ name }: { name: string }): JSX.Element {
      usePresence(useDocument("notes/a"), { name });
      return <p>{name}</p>;
    }
    const page = ada.open("notes/a");
    show(ada, [<Person key="1" name="Ada" />, <Person key="2" name="Ada L." />]);
    await expect.poll(() => own(page)).toEqual({ name: "Ada L." });
    page.awareness.setLocalState(null);
    show(ada, [<Person key="1" name="Ada" />]);
    await shows(/^Ada$/);
    show(ada, "nothing");
    await shows("nothing");
    expect(own(page)).toBeNull();
  });
});

describe("a server that renders", () => {
  it("shows the fallback while there is no workspace, and does not crash", () => {
    function Page(): JSX.Element {
      return <p>{useDocument("notes/a").path}</p>;
    }
    const html = renderToString(
      <WorkspaceProvider workspace={new Promise<Workspace>(() => undefined)}>
        <Suspense fallback="loading">
          <Page />
        </Suspense>
      </WorkspaceProvider>,
    );
    expect(html).toContain("loading");
  });

  it("says what is missing where there is no provider", () => {
    function Page(): JSX.Element {
      return <p>{useSyncStatus().state.name}</p>;
    }
    expect(() => renderToString(<Page />)).toThrow(/WorkspaceProvider/);
  });
});
