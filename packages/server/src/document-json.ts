/** Documents for programs that do not speak Yjs: what can be said of their root types in JSON. */

import * as Y from "yjs";

type Root = NonNullable<ReturnType<Y.Doc["share"]["get"]>>;

/**
 * What a document holds, by the names of its root types. Nothing in a document says of what kind these are; it is told by what is in
 * them: a text for what holds characters, a text of XML for a tree of elements, a list or an object for the rest. What is empty, and
 * formats, are left out.
 */
export function documentToJson(doc: Y.Doc): Record<string, unknown> {
  const roots = [...doc.share].map(([name, root]) => [name, rootToJson(doc, name, root)] as const);
  const filled = roots.filter(([, value]) => value !== undefined);
  return Object.fromEntries(filled.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function rootToJson(doc: Y.Doc, name: string, root: Root): unknown {
  let isText = false;
  let isTree = false;
  let isList = false;
  for (let item = root._start; item; item = item.right) {
    if (item.deleted) continue;
    const { content } = item;
    isList = true;
    isText ||= content instanceof Y.ContentString || content instanceof Y.ContentEmbed;
    isTree ||=
      content instanceof Y.ContentType &&
      (content.type instanceof Y.XmlElement || content.type instanceof Y.XmlText);
  }
  if (isText) return doc.getText(name).toString();
  if (isTree) return doc.getXmlFragment(name).toString();
  if (isList) return doc.getArray(name).toJSON();
  const map = doc.getMap(name);
  return map.size > 0 ? map.toJSON() : undefined;
}
