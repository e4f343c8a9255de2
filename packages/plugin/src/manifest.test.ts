import { CroftError } from "@croft/core";
import { describe, expect, it } from "vitest";
import { parseManifest } from "./index.ts";

const MINIMAL = { id: "stats", name: "Statistics", version: "1.0.0", engine: "^0.1.0" };

describe("parseManifest", () => {
  it("fills in what is left out, and freezes", () => {
    const manifest = parseManifest(MINIMAL);
    expect(manifest).toEqual({
      ...MINIMAL,
      description: "",
      publisher: "",
      license: "",
      entry: "main.js",
      permissions: {
        documents: [],
        events: [],
        network: [],
        notifications: [],
        clipboard: [],
        apis: [],
      },
      apis: [],
      activation: ["startup"],
      contributes: {
        views: [],
        commands: [],
        settings: [],
        status: [],
        importers: [],
        exporters: [],
      },
      dependencies: {},
      data: 1,
    });
    expect(parseManifest(manifest)).toEqual(manifest);
    expect(Object.isFrozen(manifest)).toBe(true);
    expect(Object.isFrozen(manifest.permissions.documents)).toBe(true);
  });

  it("accepts everything that there is, and its own output", () => {
    const manifest = parseManifest({
      $schema: "https://example.com/manifest.json",
      ...MINIMAL,
      version: "1.0.0-beta.2+build.7",
      description: "Counts words.",
      permissions: {
        documents: [{ pattern: "notes/pages/*", access: "read", reason: "To count the words." }],
        events: [{ topic: "notes/page-opened", direction: "subscribe", reason: "To show it." }],
        network: [{ origin: "https://api.example.com", paths: ["/v1/*"], reason: "To look up." }],
        notifications: [{ reason: "To remind you.", optional: true }],
        clipboard: [{ access: "write", reason: "To copy the count." }],
        apis: [{ api: "notes/search", reason: "To find pages." }],
      },
      apis: [{ name: "counts" }],
      activation: ["startup", "event:data_changed", "document:notes/**", "command:stats/recount"],
      contributes: { commands: [{ name: "stats/recount", title: "Count again" }] },
      dependencies: { notes: ">=1.2 <3", "com.example.dates": "1.x || 2.x" },
    });
    expect(manifest.dependencies).toEqual({ notes: ">=1.2 <3", "com.example.dates": "1.x || 2.x" });
    expect(manifest).not.toHaveProperty("$schema");
    expect(parseManifest(manifest)).toEqual(manifest);
  });

  it.each([null, undefined, 7, "stats", []])("refuses %j, which is no object", (input) => {
    expect(issuesOf(input)).toEqual(["manifest: must be an object"]);
  });

  it("names every field that is wrong, in one error", () => {
    const error = errorOf({ id: "Stats", version: "1.0", permissions: { documents: {} } });
    expect(error).toMatchObject({ code: "plugin/manifest", plugin: "Stats" });
    expect(issuesOf({ id: "Stats", version: "1.0", permissions: { documents: {} } })).toEqual([
      'id: "Stats" is no plugin id; use lower-case letters, digits, `-` and `.`, starting with a letter (`app` is reserved)',
      "name: is missing; write a name for people",
      'version: "1.0" is no version; write major.minor.patch, for example "1.0.0"',
      'engine: is missing; write a range of versions, for example "^1.2.0"',
      "permissions.documents: must be a list of permissions",
    ]);
  });

  const document = (pattern: unknown, access: unknown = "read") => ({
    permissions: { documents: [{ pattern, access, reason: "Because." }] },
  });
  const event = (topic: unknown, direction: unknown = "subscribe") => ({
    permissions: { events: [{ topic, direction, reason: "Because." }] },
  });
  const network = (origin: string, paths?: readonly string[], methods?: readonly string[]) => ({
    permissions: { network: [{ origin, paths, methods, reason: "Because." }] },
  });
  it.each<[object, string]>([
    [{ id: "app" }, 'id: "app" is no plugin id'],
    [{ name: "" }, "name: is empty; write a name for people"],
    [{ name: "a\u202eb" }, "name: must hold no control characters"],
    [{ name: " a" }, "name: must hold no control characters, and no space at either end"],
    [{ name: "x".repeat(81) }, "name: is longer than 80 characters"],
    [{ description: 7 }, "description: must be a sentence or two"],
    [{ version: "v1.0.0" }, 'version: "v1.0.0" is no version'],
    [{ version: 1 }, 'version: must be a version, for example "1.0.0"'],
    [{ engine: "latest" }, 'engine: "latest" is no range of versions; write for example "^1.2.0"'],
    [{ permision: {} }, "permision: no such field is known"],
    [{ permissions: { camera: [] } }, "permissions.camera: no such field is known"],
    [document("notes/**/x"), "permissions.documents[0].pattern: Invalid pattern"],
    [document("notes/*", "all"), 'permissions.documents[0].access: must be "read" or "write"'],
    [
      { permissions: { documents: [{ pattern: "notes/*", access: "read" }] } },
      "permissions.documents[0].reason: is missing; write a sentence that tells the user why",
    ],
    [document("stats/**"), "is the plugin's own and needs no permission; leave it out"],
    [document("app/users/**"), "is closed to plugins"],
    [document("app/plugins/stats"), "is closed to plugins"],
    [event("page-opened"), "permissions.events[0].topic: Invalid topic"],
    [event("notes/page-opened", "both"), 'direction: must be "publish" or "subscribe"'],
    [event("stats/counted"), "is the plugin's own and needs no permission; leave it out"],
    [event("data_changed"), "is open to everybody; leave it out"],
    [event("data_changed", "publish"), "is published by croft alone"],
    [network("api.example.com"), '"api.example.com" is no origin; write for example "https://'],
    [network("http://api.example.com"), "is no origin"],
    [
      network("https://*.example.com"),
      'permissions.network[0].origin: "https://*.example.com" is no',
    ],
    [network("https://api.example.com/v1"), 'write "https://api.example.com", just the origin'],
    [network("https://ada@example.com"), 'write "https://example.com", just the origin'],
    [network("https://EXAMPLE.com:443"), 'write "https://example.com", just the origin'],
    [network("https://ex\u00e4mple.com"), 'write "https://xn--exmple-cua.com", just the origin'],
    [network("https://a.example", ["v1"]), 'permissions.network[0].paths[0]: "v1" is no path'],
    [network("https://a.example", ["/a/../b"]), "is no path"],
    [network("https://a.example", ["/a/%2e%2e/b"]), "is no path"],
    [network("https://a.example", ["/**/b"]), "is no path"],
    [network("https://a.example", ["/a?b"]), "is no path"],
    [network("https://a.example", []), "permissions.network[0].paths: must not be empty"],
    [
      network("https://a.example", ["/**"], ["TRACE"]),
      "permissions.network[0].methods[0]: must be one of GET",
    ],
    [
      { permissions: { clipboard: [{ access: "all", reason: "Because." }] } },
      'permissions.clipboard[0].access: must be "read" or "write"',
    ],
    [{ permissions: { notifications: [{}] } }, "permissions.notifications[0].reason: is missing"],
    [
      { permissions: { notifications: [{ reason: "A." }, { reason: "B." }] } },
      'permissions.notifications[1]: "notifications" is asked for twice',
    ],
    [
      { permissions: { apis: [{ api: "search", reason: "Because." }] } },
      'permissions.apis[0].api: "search" is no name of an API',
    ],
    [
      { permissions: { apis: [{ api: "stats/counts", reason: "Because." }] } },
      "is the plugin's own and needs no permission",
    ],
    [{ apis: [{ name: "Search" }] }, 'apis[0].name: "Search" must be lower-case words'],
    [{ apis: [{ name: "a" }, { name: "a" }] }, 'apis[1].name: "a" is there twice'],
    [{ activation: ["onload"] }, 'activation[0]: "onload" is no activation event; write `startup`'],
    [{ activation: ["startup", "startup"] }, 'activation[1]: "startup" is there twice'],
    [{ activation: ["event:opened"] }, "activation[0]: Invalid topic"],
    [{ activation: ["document:x"] }, "activation[0]: Invalid pattern"],
    [{ activation: ["command:new page"] }, 'activation[0]: "new page" is no command'],
    [{ activation: ["command:notes/new"] }, "it must be a command of the plugin's own"],
    [{ activation: ["command:stats/new"] }, '"stats/new" is not in `contributes.commands`'],
    [{ dependencies: ["notes"] }, "dependencies: must be an object"],
    [{ dependencies: { Notes: "^1.0.0" } }, 'dependencies.Notes: "Notes" is no plugin id'],
    [{ dependencies: { notes: "newest" } }, 'dependencies.notes: "newest" is no range'],
    [{ dependencies: { stats: "*" } }, "dependencies.stats: a plugin cannot depend on itself"],
  ])("refuses %j", (fields, message) => {
    const issues = issuesOf({ ...MINIMAL, ...fields });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(message);
  });

  it("refuses to ask for the same thing twice", () => {
    const permission = { pattern: "notes/*", access: "read", reason: "Because." };
    const twice = { ...MINIMAL, permissions: { documents: [permission, permission] } };
    expect(issuesOf(twice)).toEqual([
      'permissions.documents[1].pattern: "notes/*" is asked for twice; keep one',
    ]);
  });

  it("takes no dependency from a prototype", () => {
    const text = `{ "id": "stats", "name": "S", "version": "1.0.0", "engine": "*",
      "dependencies": { "__proto__": "^1.0.0" } }`;
    const { dependencies } = parseManifest(JSON.parse(text));
    expect(Object.keys(dependencies)).toEqual([]);
    expect(Object.getPrototypeOf(dependencies)).toBe(Object.prototype);
  });
});

function errorOf(input: unknown): CroftError {
  try {
    parseManifest(input);
  } catch (error) {
    if (error instanceof CroftError) return error;
    throw error;
  }
  throw new Error("the manifest was accepted");
}

function issuesOf(input: unknown): string[] {
  const [first, ...lines] = errorOf(input).message.split("\n- ");
  expect(first).toMatch(/^The manifest( of "[^"]+")? is invalid:$/);
  return lines;
}

describe("contributed views", () => {
  const view = { name: "stats/summary", title: "Summary" };

  it("have defaults", () => {
    const { contributes } = parseManifest({ ...MINIMAL, contributes: { views: [view] } });
    const filled = { where: "panel", kind: "described", minHeight: 40, maxHeight: 640 };
    expect(contributes.views).toEqual([{ ...view, ...filled }]);
    expect(parseManifest({ ...MINIMAL, contributes })).toMatchObject({ contributes });
  });

  it.each([
    [
      [{ ...view, name: "notes/x" }],
      `contributes.views[0].name: "notes/x" is notes's; write "stats/x"`,
    ],
    [[view, view], 'contributes.views[1].name: "stats/summary" is there twice; keep one'],
    [
      [{ ...view, minHeight: 700 }],
      "contributes.views[0].maxHeight: must not be less than `minHeight`",
    ],
    [[{ ...view, maxHeight: 9_999 }], "contributes.views[0].maxHeight: must not be more than 4000"],
    [[{ ...view, kind: "html" }], 'contributes.views[0].kind: must be "described" or "framed"'],
    [
      [{ ...view, name: "x" }],
      'contributes.views[0].name: "x" is no view; write the plugin and a name, as in `notes/new-page`',
    ],
  ])("%j are refused with a reason", (views, issue) => {
    expect(issuesOf({ ...MINIMAL, contributes: { views } })).toEqual([issue]);
  });

  it("can wake the plugin, those that there are", () => {
    const contributes = { views: [view] };
    const activation = ["view:stats/summary"];
    expect(parseManifest({ ...MINIMAL, contributes, activation }).activation).toEqual(activation);
    expect(issuesOf({ ...MINIMAL, activation })).toEqual([
      'activation[0]: "stats/summary" is not in `contributes.views`',
    ]);
  });
});
