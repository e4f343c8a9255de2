// Comments as Markdown. They are Markdown but for their links.

import type { Comment, CommentDisplayPart, Reflection } from "typedoc";

/** Where a link leads from the page that it is on; nothing if it is not in the reference. */
export type LinkTo = (target: Reflection | string) => string | undefined;

/** The text of a comment, without its tags. */
export function summary(comment: Comment | undefined, linkTo: LinkTo): string {
  return comment ? markdown(comment.summary, linkTo) : "";
}

/** What the tags say: result, errors, examples. */
export function tags(comment: Comment | undefined, linkTo: LinkTo): readonly string[] {
  const texts = (tag: string): readonly string[] =>
    (comment?.blockTags ?? [])
      .filter((each) => each.tag === tag)
      .map(({ content }) => markdown(content, linkTo))
      .map((text) => (text.includes("```") ? text : text.replaceAll(/\n +/g, "\n")));
  return [
    ...texts("@returns").map((text) => `**Returns** ${text}`),
    ...texts("@defaultValue").map((text) => `**Default** ${text}`),
    ...texts("@throws").map((text) => `**Throws** ${text}`),
    ...texts("@deprecated").map((text) => `**Deprecated** ${text}`),
    ...texts("@see").map((text) => `**See** ${text}`),
    ...texts("@example"),
  ];
}

/** The first sentence of a comment, in one line. */
export function firstSentence(text: string): string {
  const [paragraph = ""] = text.split("\n\n");
  const line = paragraph.replaceAll(/\s+/g, " ").trim();
  // A full stop ends a sentence where a capital follows, outside of code.
  const code = line.replaceAll(/`[^`]*`|\([^)]*\)/g, (all) => "x".repeat(all.length));
  const end = /[.!?](?= [A-Z`[]|$)|: ?$/.exec(code);
  return end ? line.slice(0, end.index) : line.replace(/:$/, "");
}

/** The parts of a comment, their links led to where things are. */
export function markdown(parts: readonly CommentDisplayPart[], linkTo: LinkTo): string {
  return parts
    .map((part) => {
      if (part.kind !== "inline-tag") return part.text;
      if (!part.tag.startsWith("@link")) return part.text;
      const { target } = part;
      const label = part.text.trim().replace(/^\S+ *\| */, "");
      const own = label === part.text.trim() && !label.includes(" ");
      const text = own ? `\`${label}\`` : label;
      const known = typeof target === "string" || (target && "kind" in target);
      const to = known ? linkTo(target) : undefined;
      return to === undefined ? text : `[${text}](${to})`;
    })
    .join("")
    .trim();
}
