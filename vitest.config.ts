// Four projects: `node` (units, and what needs no browser), `browser` (in a real Chromium), `e2e`
// (whole system: Node drives a server and browsers) and `replay` (recorded histories through real
// processes). Sources are resolved through the condition "source", so nothing has to be built first.

import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumArgs, findChromium } from "./scripts/chromium.mjs";

const executablePath = findChromium();
const common = ["source", "module", "development|production"];
const resolution = {
  resolve: { conditions: [...common, "browser"] },
  ssr: { resolve: { conditions: [...common, "node"] } },
};
// What is waited for may take its time on a machine that is busy; what never comes fails all the same.
const expect = { poll: { timeout: 4_000 } };
const exclude = ["**/node_modules/**", "**/dist/**"];
// Vitest leaves one processor out, which is half of two: tests that drive other processes wait for them most of the time.
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/tally.mjs"],
    projects: [
      {
        ...resolution,
        test: {
          name: "node",
          expect,
          maxWorkers,
          include: [
            "{packages,apps}/*/src/**/*.test.{ts,tsx}",
            "{test,examples,bench}/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: [...exclude, "**/*.browser.test.{ts,tsx}", "test/e2e/**", "test/replay/**"],
        },
      },
      {
        ...resolution,
        test: {
          name: "browser",
          expect,
          maxWorkers,
          include: ["{packages,apps,examples}/**/*.browser.test.{ts,tsx}"],
          exclude,
          testTimeout: 15_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args: chromiumArgs, ...(executablePath && { executablePath }) },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
        // Bundled before the first test: found on the way they would reload the page under it.
        optimizeDeps: {
          include: [
            "@croft/core > fractional-indexing",
            "@croft/core > yjs",
            "@croft/core > zod",
            "@croft/core > lib0/encoding",
            "@croft/core > lib0/function",
            "@croft/core > y-protocols/awareness",
            "@croft/persistence > idb",
            "@croft/react > react",
            "@croft/react > react/jsx-dev-runtime",
            "@croft/react > react-dom/client",
            "@croft/react > react-dom/server",
            "@croft/react > zod",
            "@croft/example-editors > @codemirror/commands",
            "@croft/example-editors > @codemirror/state",
            "@croft/example-editors > @codemirror/view",
            "@croft/example-editors > @tiptap/core",
            "@croft/example-editors > @tiptap/extension-collaboration",
            "@croft/example-editors > @tiptap/extension-collaboration-caret",
            "@croft/example-editors > @tiptap/starter-kit",
            "@croft/example-editors > y-codemirror.next",
            "y-indexeddb",
          ],
        },
      },
      {
        ...resolution,
        test: {
          name: "replay",
          expect,
          include: ["test/replay/**/*.test.ts"],
          exclude,
          fileParallelism: false,
          testTimeout: 180_000,
          // After all others: its processes would slow theirs down, and the other way round.
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...resolution,
        test: {
          name: "e2e",
          expect,
          include: ["test/e2e/**/*.test.ts"],
          exclude,
          maxWorkers,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
