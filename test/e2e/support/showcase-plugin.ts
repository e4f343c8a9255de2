/** A plugin that uses what the demo offers to plugins: views, commands, settings, a status item, files, questions. */

import type { PackageOptions } from "./plugin-packages.ts";

/** Its manifest and code, for `packageFile`. */
export const SHOWCASE: PackageOptions = {
  id: "showcase",
  name: "Showcase",
  activation: ["view:showcase/board", "view:showcase/broken"],
  permissions: {
    documents: [{ pattern: "notes/pages/*", access: "read", reason: "To export your pages." }],
    clipboard: [{ access: "write", reason: "To copy the greeting.", optional: true }],
  },
  contributes: {
    views: [
      { name: "showcase/board", title: "Board", minHeight: 60, maxHeight: 400 },
      { name: "showcase/broken", title: "Broken" },
    ],
    commands: [
      { name: "showcase/greet", title: "Greet", shortcut: "Mod+Shift+G" },
      { name: "showcase/fail", title: "Fail" },
      { name: "showcase/copy", title: "Copy the greeting" },
      { name: "showcase/crash", title: "Crash" },
    ],
    settings: [
      { name: "greeting", title: "Greeting", type: "string", default: "Hello", maxLength: 20 },
      { name: "loud", title: "Loud", type: "boolean", default: false },
      { name: "times", title: "Times", type: "number", default: 1, min: 1, max: 5 },
      {
        name: "tone",
        title: "Tone",
        type: "choice",
        scope: "workspace",
        options: [
          { value: "warm", title: "Warm" },
          { value: "cool", title: "Cool" },
        ],
      },
      { name: "names", title: "Names", type: "texts", default: ["Ada"] },
    ],
    status: [{ name: "showcase/count", title: "Greetings" }],
    importers: [{ name: "showcase/counts", title: "Greetings", extensions: ["txt"] }],
    exporters: [
      {
        name: "showcase/text",
        title: "Plain text",
        documents: "notes/pages/*",
        extensions: ["txt"],
      },
    ],
  },
  imports: `import { Button, h, Heading, Open, Text } from "@croft/plugin/view";`,
  activate: `
    const { commands, exporters, importers, permissions, clipboard, settings, status, views, crashed } = context;
    const board = documents.open(documents.own("board"));
    await board.ready;
    const count = () => board.doc.getMap("greetings").get("count") ?? 0;
    const show = () => {
      const text = settings.get("greeting") + (settings.get("loud") ? "!" : "") + " " + count();
      status.set("showcase/count", { text, command: "showcase/greet" });
      view.update();
    };
    const greet = () => { board.doc.getMap("greetings").set("count", count() + 1); show(); };
    const view = views.define("showcase/board", ({ scheme }) => [
      h(Heading, null, "Greetings"),
      h(Text, { tone: "muted" }, settings.get("greeting") + ", " + count() + " times, " + scheme),
      h(Button, { kind: "primary", onPress: greet }, "Greet once more"),
      h(Open, { to: "https://croft.example/greetings" }, "About greetings"),
    ]);
    views.define("showcase/broken", () => h("script", null, "nothing"));
    for (const name of ["greeting", "loud"]) settings.onChange(name, show);
    commands.register("showcase/greet", greet);
    commands.register("showcase/fail", () => { throw new Error("no luck today"); });
    commands.register("showcase/copy", async () => {
      if (!(await permissions.request({ clipboard: [{ access: "write" }] }))) throw new Error("not allowed");
      await clipboard.writeText("Hello");
    });
    commands.register("showcase/crash", () => { crashed(new Error("out of greetings")); });
    importers.register("showcase/counts", ({ bytes }) => {
      board.doc.getMap("greetings").set("count", Number(new TextDecoder().decode(bytes)));
      show();
      return { paths: [documents.own("board")] };
    });
    exporters.register("showcase/text", async (path) => {
      const page = documents.open(path);
      await page.ready;
      const bytes = new TextEncoder().encode(page.doc.getText("body").toString());
      return { name: "page.txt", mediaType: "text/plain", bytes };
    });
    show();`,
};
