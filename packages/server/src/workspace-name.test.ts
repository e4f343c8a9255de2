import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileNameOf, isWorkspaceName, workspaceOf } from "./workspace-name.ts";

describe("workspace names", () => {
  it("accepts plain names", () => {
    for (const name of ["a", "demo", "our-workspace", "Team 1", "org:team@example.org", "Bücher"]) {
      expect(isWorkspaceName(name)).toBe(true);
    }
  });

  it("refuses what could mean something to a file system or a URL", () => {
    const names = ["", ".", "..", "../x", "a/b", "a\\b", "a\0", "a\nb", " a", "a ", "\u202ea"];
    for (const name of [...names, "x".repeat(129), "e\u0301", "漢".repeat(43)]) {
      expect(isWorkspaceName(name)).toBe(false);
    }
  });

  it("file names are plain, short and never shared, case ignored", () => {
    const names = fc.string({ unit: "binary", minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(fileNameOf(a)).toMatch(/^ws-[a-z0-9_=-]{1,200}$/);
        expect(fileNameOf(a).length).toBeLessThanOrEqual(200);
        fc.pre(a !== b && a.isWellFormed() && b.isWellFormed());
        expect(fileNameOf(a).toLowerCase()).not.toBe(fileNameOf(b).toLowerCase());
      }),
    );
    expect(fileNameOf("Team 1")).toBe("ws-=54eam=201");
    expect(fileNameOf("con")).toBe("ws-con");
  });

  it("takes the workspace from the address", () => {
    expect(workspaceOf("/sync/demo", "/sync")).toBe("demo");
    expect(workspaceOf("/sync/demo?x=1", "/sync")).toBe("demo");
    expect(workspaceOf("/sync/Team%201", "/sync")).toBe("Team 1");
    for (const url of [
      "/",
      "/sync",
      "/sync/",
      "/sync/a/b",
      "/sync/..%2fx",
      "/sync/%",
      "/other/demo",
    ]) {
      expect(workspaceOf(url, "/sync")).toBe(undefined);
    }
  });
});
