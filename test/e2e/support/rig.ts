/** One browser and one demo for the tests of a file, and windows that are closed after each test. */

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { launchBrowser } from "./browser.ts";
import {
  createDemoHost,
  createDemoProcess,
  type DemoHost,
  type DemoProcess,
  type RunningDemo,
} from "./demo-process.ts";
import { type NotesWindow, openNotesWindow, type WindowOptions } from "./notes-window.ts";

/** What tests use. */
export interface Rig<D extends RunningDemo = RunningDemo> {
  readonly demo: D;
  /** Opens a window for a new person. */
  open(options?: WindowOptions): Promise<NotesWindow>;
}

/** Options of {@link withRig}. */
export interface RigOptions {
  /** A demo without data for each test, where tests count on an empty page. */
  readonly freshDemo?: boolean;
}

/** Starts before the tests of the calling file, ends after them. A page that reports a problem fails. */
export function withRig({ freshDemo = false }: RigOptions = {}): Rig {
  let host: DemoHost | undefined;
  beforeAll(() => {
    host = createDemoHost();
  });
  afterAll(() => host?.dispose());
  return withDemos(() => started(host).start(), freshDemo);
}

/** As {@link withRig}, with a demo of its own for each test, in a process of its own: one that tests may stop and kill. */
export function withProcessRig(): Rig<DemoProcess> {
  return withDemos(async () => {
    const demo = await createDemoProcess();
    await demo.start();
    return demo;
  }, true);
}

function withDemos<D extends RunningDemo>(start: () => Promise<D>, fresh: boolean): Rig<D> {
  let browser: Browser | undefined;
  let demo: D | undefined;
  let windows: NotesWindow[] = [];
  const startDemo = async (): Promise<void> => {
    demo = await start();
  };
  const endDemo = () => demo?.dispose();

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  if (fresh) {
    beforeEach(startDemo);
    afterEach(endDemo);
  } else {
    beforeAll(startDemo);
    afterAll(endDemo);
  }
  // Registered last, so it runs first: windows close before the demo ends.
  afterEach(async () => {
    const problems = windows.flatMap((window) => window.problems);
    for (const { context } of windows) await context.close();
    windows = [];
    if (problems.length > 0) throw new Error(`The pages reported:\n${problems.join("\n")}`);
  });

  return {
    get demo() {
      return started(demo);
    },
    async open(options) {
      const window = await openNotesWindow(started(browser), started(demo).url, options);
      windows.push(window);
      return window;
    },
  };
}

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("Only inside of a test.");
  return value;
}
