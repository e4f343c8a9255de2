/** What editors show for the fields of `contributes`, by the way to each; see `manifest-json-schema.ts`. */

const TITLE = "For people.";
const FILES = {
  extensions: "Extensions of such files, in lower case and without the dot.",
  mediaTypes: "Media types of such files.",
};

const named = (what: string): { description: string; examples: readonly string[] } => ({
  description: `Names ${what}: the plugin's id, and a name.`,
  examples: ["notes/new-page"],
});

/** By the way to a field; `[]` stands for the entries of a list. */
export const CONTRIBUTION_HINTS: Readonly<
  Record<string, { readonly description: string; readonly examples?: readonly unknown[] }>
> = {
  contributes: { description: "What it adds to the application." },
  "contributes.views": { description: "Views that the application can show." },
  "contributes.views[].name": named("the view"),
  "contributes.views[].title": { description: TITLE },
  "contributes.views[].where": { description: "Where it belongs: `panel`, beside the content." },
  "contributes.views[].kind": {
    description: "`described`: croft builds it. `framed`: a page of its own, which is refused.",
  },
  "contributes.views[].minHeight": { description: "In CSS pixels; default 40." },
  "contributes.views[].maxHeight": { description: "In CSS pixels; default 640." },
  "contributes.commands": { description: "What a person can have it do." },
  "contributes.commands[].name": named("the command"),
  "contributes.commands[].title": { description: TITLE },
  "contributes.commands[].category": { description: "Groups commands in a palette." },
  "contributes.commands[].shortcut": {
    description:
      "The default shortcut: modifiers and a key. `Mod` is Meta (⌘) on a Mac, and Ctrl elsewhere.",
    examples: ["Mod+Shift+K"],
  },
  "contributes.settings": { description: "What a person can set." },
  "contributes.settings[].name": {
    description: "Lower-case words joined by `-`.",
    examples: ["daily-goal"],
  },
  "contributes.settings[].title": { description: TITLE },
  "contributes.settings[].description": { description: "Help for the person who sets it." },
  "contributes.settings[].scope": {
    description: "Whose choice it is: each person's, or one for everybody in the workspace.",
  },
  "contributes.settings[].type": { description: "The type of its value." },
  "contributes.settings[].default": { description: "Its value as long as nobody sets it." },
  "contributes.settings[].multiline": { description: "Whether it may have several lines." },
  "contributes.settings[].maxLength": { description: "Its longest length, in characters." },
  "contributes.settings[].min": { description: "The smallest value." },
  "contributes.settings[].max": { description: "The largest value." },
  "contributes.settings[].step": { description: "Counted from `min`, or from 0." },
  "contributes.settings[].options": { description: "What can be chosen." },
  "contributes.settings[].options[].value": { description: "What the plugin reads." },
  "contributes.settings[].options[].title": { description: TITLE },
  "contributes.settings[].maxEntries": { description: "How many texts there may be." },
  "contributes.status": { description: "Short texts that it shows, in a status bar for example." },
  "contributes.status[].name": named("the status item"),
  "contributes.status[].title": { description: "What it is, for people." },
  "contributes.importers": { description: "Reads files." },
  "contributes.importers[].name": named("the importer"),
  "contributes.importers[].title": { description: TITLE },
  "contributes.importers[].extensions": { description: FILES.extensions, examples: [["csv"]] },
  "contributes.importers[].mediaTypes": { description: FILES.mediaTypes, examples: [["text/csv"]] },
  "contributes.exporters": { description: "Makes files of documents." },
  "contributes.exporters[].name": named("the exporter"),
  "contributes.exporters[].title": { description: TITLE },
  "contributes.exporters[].extensions": { description: FILES.extensions, examples: [["csv"]] },
  "contributes.exporters[].mediaTypes": { description: FILES.mediaTypes, examples: [["text/csv"]] },
  "contributes.exporters[].documents": {
    description: "The documents that it can make a file of. Default: the plugin's own.",
    examples: ["notes/pages/*"],
  },
};
