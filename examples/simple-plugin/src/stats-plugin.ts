/**
 * Counts the words of notes. The three things that most plugins do are here once each: it
 * subscribes to `data_changed`, gets data of another plugin, and saves data of its own.
 */

import { definePlugin, type Plugin } from "@croft/plugin";
import { countWords } from "./count-words.ts";

/** Where the pages of notes are: `notes/pages/<id>`, the text in the `Y.Text` called `body`. */
const PAGES = "notes/pages/";

/** How long to wait after a change, in milliseconds, by where it was made. */
const WAIT = {
  // Long enough that a fast typist does not cause a count per letter.
  device: 500,
  // The device on which it was made counts too, and sooner. Mostly its count is here before ours
  // is due, and there is nothing left to save: a page changes once, not once per device.
  remote: 2_000,
};

/** The plugin. Hand it to a host: `host.register(statsPlugin)`. */
export const statsPlugin: Plugin = definePlugin({
  // Who we are and what we ask for. This is checked here, before any code of ours runs.
  manifest: {
    // The id owns the documents under `stats/`: they are ours to write, without asking.
    id: "stats",
    name: "Word statistics",
    version: "1.0.0",
    // The versions of croft that this was tried with.
    engine: "^0.1.0",
    description: "Counts the words of your pages.",
    publisher: "croft's examples",
    license: "MIT",
    permissions: {
      // Pages belong to the plugin `notes`. Until the user agrees we see nothing of them, not even
      // that they exist, so the reason is for the user to read.
      documents: [
        { pattern: `${PAGES}*`, access: "read", reason: "To count the words of your pages." },
      ],
    },
    // Run from the start, since we want to hear of every change.
    activation: ["startup"],
  },

  // The host calls this when the plugin is to run. What we get is our only way to the outside.
  async activate({ documents, events, subscriptions, signal, log }) {
    // Our own document, `stats/summary`. Opening is at once; its content comes when it is ready,
    // from this device's storage, with or without a network.
    const summary = documents.open(documents.own("summary"));
    // What we open we give back. Subscriptions end by themselves when the plugin is deactivated.
    subscriptions.add(() => summary.close());
    await summary.ready;

    const count = async (path: string): Promise<void> => {
      // Get: the page may be open elsewhere already; then this costs nothing.
      const page = documents.open(path);
      try {
        await page.ready;
        // Much can happen in an `await`: we may be deactivated, or lose the grant.
        if (signal.aborted || page.state.access === "none") return;
        const words = countWords(page.doc.getText("body").toString());

        // Save. Always through `summary.doc`: croft may replace the document (see `onReset`), and
        // a map of the former one is dead. The key is the page's path, so that all devices and
        // tabs, which run this code as well, write to the same entry.
        const totals = summary.doc.getMap<number>("words");
        // Write only what is new. Whoever counts the same text comes to the same number, so one
        // write is enough; writing it again would wake everybody for nothing.
        if (totals.get(path) === words) return;
        // Where the user may only read the workspace, so may we.
        if (summary.state.access === "write") totals.set(path, words);
      } finally {
        page.close();
      }
    };

    // One count per page is on its way at a time; it reads whatever is there when it is due.
    const due = new Map<string, ReturnType<typeof setTimeout>>();
    subscriptions.add(() => {
      for (const timer of due.values()) clearTimeout(timer);
    });

    // Subscribe: the host tells of every document that we may read, when a change of it is on this
    // device's disk. Our own are among them, so this also filters what we ourselves save.
    events.subscribe("data_changed", ({ path, origin }) => {
      if (!path.startsWith(PAGES) || due.has(path)) return;
      // Changes from elsewhere count too: when two people wrote at the same time, neither of
      // their devices has counted what the merged page says.
      const timer = setTimeout(() => {
        due.delete(path);
        count(path).catch((error: unknown) => log.error(`Could not count ${path}`, error));
      }, WAIT[origin]);
      due.set(path, timer);
    });
  },
});
