/** Shows how many words there are on the pages of notes. It reads, and keeps nothing: all that it knows is gone with it. */

import type { DocumentHandle } from "@croft/core";
import { defineCollection, openCollection } from "@croft/core/collection";
import { definePlugin, parseManifest, type Plugin } from "@croft/plugin";
import { BarChart, Heading, Select, Table, Text } from "@croft/plugin/view";
import * as z from "zod";
import manifest from "../manifest.json" with { type: "json" };

/** Where the pages are, the text of each in the `Y.Text` called `body`. */
const PAGES = "notes/pages/";
/** What we know of the list of pages. What others wrote in place of a title is none. */
const pageDefinition = defineCollection("pages", {
  title: z.string().catch(""),
  gone: z.boolean().catch(false),
});
/** Each page is open while we run, which costs memory. */
const MOST_PAGES = 200;

/** A page that is open. */
interface Page {
  readonly handle: DocumentHandle;
  /** Counted when it is shown; `undefined` when it has to be counted anew. */
  words: number | undefined;
}

const plugin: Plugin = definePlugin({
  manifest: parseManifest(manifest),

  activate({ documents, events, subscriptions, views }) {
    const index = documents.open("notes/index");
    subscriptions.add(() => index.close());
    const list = openCollection(index, pageDefinition);

    const pages = new Map<string, Page>();
    subscriptions.add(() => {
      for (const { handle } of pages.values()) handle.close();
    });
    let order = "words";

    const recount = (path: string): void => {
      const page = pages.get(path);
      if (page) page.words = undefined;
      // However often it is called: the view is described when it is seen, and then each page is counted once.
      view.update();
    };
    const watch = (path: string): void => {
      if (pages.has(path) || pages.size >= MOST_PAGES) return;
      const handle = documents.open(path);
      pages.set(path, { handle, words: undefined });
      // It was loaded, or the person changed what we may read.
      handle.onState(() => recount(path));
      handle.onReset(() => recount(path));
    };
    const watchListed = (): void => {
      for (const { id } of list.all()) watch(`${PAGES}${id}`);
      view.update();
    };

    /** What may be read now, with its words. */
    const counted = (
      lang: string,
    ): readonly { readonly title: string; readonly words: number }[] => {
      // Nothing of it is kept, so it does not matter that browsers tell words apart differently.
      const words = new Intl.Segmenter(lang, { granularity: "word" });
      return [...pages].flatMap(([path, page]) => {
        const id = path.slice(PAGES.length);
        const { doc, state } = page.handle;
        const record = list.get(id);
        if (state.access === "none" || !state.ready || record?.gone) return [];
        page.words ??= [...words.segment(doc.getText("body").toString())].filter(
          ({ isWordLike }) => isWordLike,
        ).length;
        return [{ title: record?.title || id, words: page.words }];
      });
    };

    const view = views.define("word-statistics/pages", ({ lang }) => {
      const rows = counted(lang).toSorted((a, b) =>
        order === "words" ? b.words - a.words : a.title.localeCompare(b.title, lang),
      );
      if (rows.length === 0) {
        const isDenied = index.state.access === "none";
        return isDenied ? (
          <Text>You have not allowed it to read your pages.</Text>
        ) : (
          <Text>There are no pages yet.</Text>
        );
      }
      const total = rows.reduce((sum, { words }) => sum + words, 0);
      const format = new Intl.NumberFormat(lang);
      const count = (of: number, what: string): string =>
        `${format.format(of)} ${what}${of === 1 ? "" : "s"}`;
      return (
        <>
          <Heading>{`${count(total, "word")} on ${count(rows.length, "page")}`}</Heading>
          <BarChart
            label="Words of the first pages"
            points={rows.slice(0, 8).map(({ title, words }) => ({ label: title, value: words }))}
          />
          <Select
            label="Order"
            value={order}
            options={[
              { value: "words", label: "Most words first" },
              { value: "title", label: "By name" },
            ]}
            onChange={(value) => void (order = value)}
          />
          <Table
            caption="Words of each page"
            rows={rows.map((row, key) => ({ ...row, key }))}
            rowKey={({ key }) => key}
            columns={[
              { title: "Page", cell: ({ title }) => title },
              { title: "Words", cell: ({ words }) => format.format(words), align: "end" },
            ]}
          />
          {pages.size >= MOST_PAGES && (
            <Text tone="muted">{`Of ${MOST_PAGES} pages at most.`}</Text>
          )}
        </>
      );
    });

    subscriptions.add(list.onChange(watchListed));
    subscriptions.add(index.onState(watchListed));
    watchListed();
    // Told of each page that changes, those that no list names, too.
    events.subscribe("data_changed", ({ path }) => {
      if (!path.startsWith(PAGES)) return;
      watch(path);
      recount(path);
    });
  },
});

export default plugin;
