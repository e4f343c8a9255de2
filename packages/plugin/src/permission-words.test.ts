import { expect, it } from "vitest";
import { parseManifest } from "./manifest.ts";
import { describePermissions } from "./permission-words.ts";

it("says all that is asked for, what weighs most first", () => {
  const reason = "Because.";
  const { permissions } = parseManifest({
    id: "stats",
    name: "Statistics",
    version: "1.0.0",
    engine: "*",
    permissions: {
      events: [{ topic: "notes/opened", direction: "subscribe", reason }],
      notifications: [{ reason }],
      clipboard: [
        { access: "write", reason },
        { access: "read", reason },
      ],
      apis: [{ api: "notes/search", reason }],
      network: [
        { origin: "https://a.example", reason },
        { origin: "https://b.example", paths: ["/v1/*"], methods: ["GET", "POST"], reason },
      ],
      documents: [
        { pattern: "notes/*", access: "read", reason },
        { pattern: "tasks/*", access: "write", reason },
      ],
    },
  });
  const words = describePermissions(permissions);
  expect(words.map(({ what }) => what)).toEqual([
    "See and change the documents tasks/*",
    "See the documents notes/*",
    "Exchange data with https://a.example",
    "Exchange data with https://b.example (/v1/*)",
    "Have notes do things for it (notes/search)",
    "Put text on the clipboard",
    "See what is on the clipboard",
    "Show notifications",
    "Hear of notes/opened",
  ]);
  expect(new Set(words.map(({ why }) => why))).toEqual(new Set([reason]));
});
