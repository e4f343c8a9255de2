import { definePlugin, parseManifest, type Plugin } from "@croft/plugin";
import manifest from "../manifest.json" with { type: "json" };

const plugin: Plugin = definePlugin({
  manifest: parseManifest(manifest),

  async activate({ documents, events, subscriptions }) {
    // A document of our own. Its content is on this device, with or without a network.
    const log = documents.open(documents.own("changes"));
    subscriptions.add(() => log.close());
    await log.ready;

    // Told of every change to a document that we may read, ours too.
    events.subscribe("data_changed", ({ path }) => {
      if (!path.startsWith("notes/pages/")) return;
      // Every device runs this. Writing the same key twice is one entry, so nothing is counted twice.
      const key = `${new Date().toISOString().slice(0, 10)} ${path}`;
      const changed = log.doc.getMap<true>("changed");
      if (!changed.has(key) && log.state.access === "write") changed.set(key, true);
    });
  },
});

export default plugin;
