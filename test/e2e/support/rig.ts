/** One browser and a demo for the tests of a file, and windows that are closed after each test. */

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { launchBrowser } from "./browser.ts";
import { startDemoHere } from "./demo-here.ts";
import { createDemoProcess, type DemoProcess } from "./demo-process.ts";
import { type NotesWindow, openNotesWindow, type WindowOptions } from "./notes-window.ts";

type Demo = Pick<DemoProcess, "url" | "dispose">;

/** What tests use. */
export interface Rig<D extends Demo> {
  readonly demo: D;
  /** Opens a window for a new person. */
  open(options?: WindowOptions): Promise<NotesWindow>;
}

/** Starts before the tests of the calling file, ends after them. A page that reports a problem fails. */
export function withRig(): Rig<Demo> {
  return rigOf(startProcess, beforeAll, afterAll);
}

/** The same with a demo without data for each test, in this process. */
export function withFreshDemos(): Rig<Demo> {
  return rigOf(startDemoHere, beforeEach, afterEach);
}

/** The same with a process for each demo, as `npm start` runs it, that tests may end and start again. */
export function withFreshProcesses(): Rig<DemoProcess> {
  return rigOf(startProcess, beforeEach, afterEach);
}

async function startProcess(): Promise<DemoProcess> {
  const demo = await createDemoProcess();
  await demo.start();
  return demo;
}

function rigOf<D extends Demo>(
  start: () => Promise<D>,
  before: typeof beforeAll | typeof beforeEach,
  after: typeof afterAll | typeof afterEach,
): Rig<D> {
  let browser: Browser | undefined;
  let demo: D | undefined;
  let windows: NotesWindow[] = [];
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("Only inside of a test.");
    return value;
  };
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  before(async () => {
    demo = await start();
  });
  after(() => demo?.dispose());
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
