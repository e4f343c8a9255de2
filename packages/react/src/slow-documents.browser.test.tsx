/** Documents that take longer to load than unused ones linger, under one `Suspense`, in a real Chromium. */

import { createMemoryStore, type DocumentHandle, openWorkspace, type Workspace } from "@croft/core";
import { type JSX, type ReactNode, StrictMode, Suspense, use } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { documentShelf } from "./use-document.ts";
import { type DocumentSource, DocumentsProvider, useDocument, useDocumentState } from "./index.ts";

let workspace: Workspace;
let root: Root;
let element: HTMLElement;
let opened: string[];
let closed: string[];
let documents: DocumentSource;

beforeEach(async () => {
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  element = document.body.appendChild(document.createElement("div"));
  root = createRoot(element);
  [opened, closed] = [[], []];
  documents = { open: (path) => slowly(workspace.open(path)) };
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(async () => {
  root.unmount();
  await frame();
  await vi.advanceTimersByTimeAsync(31_000);
  vi.useRealTimers();
  element.remove();
  await workspace.dispose();
  const stayed = documentShelf(documents).size;
  if (stayed > 0 || closed.length !== opened.length) {
    throw new Error(`${stayed} stayed; opened ${opened.join()}, closed ${closed.join()}`);
  }
});

/** A document whose path ends with the time that it takes to load, in milliseconds. */
function slowly(handle: DocumentHandle): DocumentHandle {
  opened.push(handle.path);
  const time = Number(handle.path.split("-").at(-1));
  const ready = handle.ready.then(() => new Promise<void>((done) => setTimeout(done, time)));
  const close = (): void => {
    closed.push(handle.path);
    handle.close();
  };
  return new Proxy(handle, {
    get(target, name) {
      if (name === "ready") return ready;
      if (name === "close") return close;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** React renders between the timers, as it does where time is real. */
async function pass(time: number): Promise<void> {
  for (let passed = 0; passed < time; passed += 500) {
    await vi.advanceTimersByTimeAsync(500);
    await frame();
  }
}

async function frame(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(resolve));
}

function show(children: ReactNode): void {
  root.render(
    <StrictMode>
      <DocumentsProvider documents={documents}>
        <Suspense fallback="loading">{children}</Suspense>
      </DocumentsProvider>
    </StrictMode>,
  );
}

function Page({ path }: { path: string }): JSX.Element {
  return <p>{`${useDocumentState(useDocument(path)).ready} `}</p>;
}

/** Uses one after the other: what it waits for first has been there for long when the last one is. */
function usePages([path, ...others]: readonly string[]): readonly DocumentHandle[] {
  if (path === undefined) return [];
  // oxlint-disable-next-line react/rules-of-hooks -- the same ones each time
  return [useDocument(path), ...usePages(others)];
}

function Pages({ paths }: { paths: readonly string[] }): JSX.Element {
  return <p>{usePages(paths).map(({ state }) => `${state.ready} `)}</p>;
}

it("one component uses two", async () => {
  show(<Pages paths={["notes/a-1500", "notes/b-1500"]} />);
  await pass(3_500);
  await expect.poll(() => element.textContent).toBe("true true ");
  expect(opened).toEqual(["notes/a-1500", "notes/b-1500"]);
});

it("siblings use one each, and one is slower", async () => {
  show([<Page key="a" path="notes/a-1500" />, <Page key="b" path="notes/b-3000" />]);
  await pass(5_000);
  await expect.poll(() => element.textContent).toBe("true true ");
  expect(opened).toHaveLength(2);
});

it("one component uses many, which take longer than anything stays", async () => {
  const paths = Array.from({ length: 9 }, (_, index) => `notes/${index}-1500`);
  show(<Pages paths={[...paths, "notes/last-40000"]} />);
  await pass(56_000);
  await expect.poll(() => element.textContent).toMatch(/^(true ){10}$/);
  expect(opened).toHaveLength(10);
});

it("a component waits for something else meanwhile", async () => {
  const other = new Promise<string>((done) => setTimeout(() => done("answered"), 20_000));
  function Asking(): JSX.Element {
    const page = useDocument("notes/a-1500");
    return <p>{`${use(other)} ${page.state.ready}`}</p>;
  }
  show(<Asking />);
  await pass(22_000);
  await expect.poll(() => element.textContent).toBe("answered true");
  expect(opened).toHaveLength(1);
});

it("a component waits for something else for so long that its document is closed, and opens it again", async () => {
  const other = new Promise<string>((done) => setTimeout(() => done("answered"), 60_000));
  function Asking(): JSX.Element {
    const page = useDocument("notes/a-1500");
    return <p>{`${use(other)} ${page.state.ready}`}</p>;
  }
  show(<Asking />);
  await pass(59_000);
  expect([opened.length, closed.length]).toEqual([1, 1]);
  await pass(4_000);
  await expect.poll(() => element.textContent).toBe("answered true");
  expect(opened).toHaveLength(2);
});

it("what is taken away while it is being loaded is closed", async () => {
  show(<Pages paths={["notes/a-1500", "notes/b-1500"]} />);
  await pass(2_000);
  show("nothing");
  await pass(31_500);
  await expect.poll(() => element.textContent).toBe("nothing");
  expect(closed.toSorted()).toEqual(["notes/a-1500", "notes/b-1500"]);
});

it("what was shown is closed a second after it is not any more", async () => {
  show(<Page path="notes/a-1500" />);
  await pass(2_000);
  await expect.poll(() => element.textContent).toBe("true ");
  show("nothing");
  await expect.poll(() => element.textContent).toBe("nothing");
  await pass(1_500);
  expect(closed).toEqual(["notes/a-1500"]);
});
