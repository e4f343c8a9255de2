import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { type DataChanged, definePlugin, type PluginContext } from "./index.ts";

const MANIFEST = { id: "stats", name: "Statistics", version: "1.0.0", engine: "^0.1.0" };

describe("definePlugin", () => {
  it("checks the manifest when the plugin is defined", () => {
    expect(() => definePlugin({ manifest: { ...MANIFEST, version: "1" }, activate() {} })).toThrow(
      expect.objectContaining({ code: "plugin/manifest", plugin: "stats" }),
    );
  });

  it.each([
    [undefined, /definition: must be an object.*activate: must be a function/],
    [{ manifest: MANIFEST }, /activate: must be a function/],
    [{ manifest: MANIFEST, activate: null }, /activate: must be a function/],
    [{ manifest: MANIFEST, activate() {}, deactivate: 7 }, /deactivate: must be a function/],
  ])("refuses %j, which only JavaScript lets through", (definition, why) => {
    const define = definePlugin as (definition: unknown) => unknown;
    expect(() => define(definition)).toThrow(why);
    expect(() => define(definition)).toThrow(expect.objectContaining({ code: "plugin/manifest" }));
  });

  it("refuses a topic that is another's", () => {
    const topics = { "notes/opened": z.string() };
    expect(() => definePlugin({ manifest: MANIFEST, topics, activate() {} })).toThrow(
      'The plugin stats defines the topic "notes/opened", which is not its own.',
    );
  });

  it("keeps `this` of the definition, and needs no `deactivate`", async () => {
    const plugin = definePlugin({
      manifest: MANIFEST,
      activate() {
        expect(this.manifest).toBe(MANIFEST);
      },
    });
    // No code of it looks at the context.
    const context = {} as PluginContext;
    await plugin.activate(context);
    await plugin.deactivate(context);
  });

  it("infers what its topics hold", () => {
    definePlugin({
      manifest: MANIFEST,
      topics: { "stats/counted": z.object({ path: z.string(), words: z.number().default(0) }) },
      activate({ events }) {
        events.subscribe("stats/counted", (data) => {
          expectTypeOf(data).toEqualTypeOf<{ path: string; words: number }>();
        });
        events.subscribe("data_changed", (data) => {
          expectTypeOf(data).toEqualTypeOf<DataChanged>();
        });
        events.subscribe("notes/opened", (data) => {
          expectTypeOf(data).toBeUnknown();
        });
        const publish = async (): Promise<void> => {
          await events.publish("stats/counted", { path: "notes/pages/1" });
          // @ts-expect-error: words are a number
          await events.publish("stats/counted", { path: "notes/pages/1", words: "many" });
          await events.publish("notes/opened", "whatever");
        };
        expectTypeOf(publish).toBeFunction();
      },
    });
  });
});
