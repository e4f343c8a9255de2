// A page: what an entry point exports, by kind and name, and then each of it. The pages are our own, since TypeDoc's plugin for
// Markdown needs twice the lines for them, spells out types that the sources name, and numbers anchors otherwise than GitHub.

import {
  type DeclarationReflection,
  type Reflection,
  ReflectionKind,
  type SignatureReflection,
} from "typedoc";
import ts from "typescript";
import { firstSentence, type LinkTo, markdown, summary, tags } from "./comment.ts";
import {
  commentOf,
  EXPORT,
  exportOf,
  original,
  type PageContent,
  type Reference,
} from "./reference.ts";
import { isOfConstant, signature, typesOf } from "./signature.ts";

/** Said at the top of each file, where only those see it who would edit it. */
export const NOTE = "<!-- Made by `npm run docs` from the comments in the sources. -->";

/**
 * What exports may name though it is not exported: steps on the way from one type to another, and what is nobody's business
 * but its own module's. Whoever wants to know the result asks an editor.
 */
const MACHINERY: ReadonlySet<string> = new Set([
  // of a collection's definition, the types of its records
  ...["Frozen", "InPlace", "Initial", "KeysThat", "Merged", "ObjectSchema"],
  ...["OptionalKeys", "OutputOfSchema", "Shown", "Simplify", "ValueKeys"],
  // of a manifest's settings, the types of their values
  ...["InputFor", "ValueOf"],
  // short for `string | undefined` and its like in the properties of elements
  ...["Count", "Flag", "Text"],
  // the parts of a hub, of a memory disk and of a workspace
  ...["HubCore", "OpenDocumentsList", "RecordKey", "StoredDocument"],
]);

const KINDS = [
  ["Functions", ReflectionKind.Function],
  ["Classes", ReflectionKind.Class],
  ["Constants", ReflectionKind.Variable],
  ["Namespaces", ReflectionKind.Namespace],
  ["Interfaces", ReflectionKind.Interface],
  ["Types", ReflectionKind.TypeAlias],
] as const;

/** Makes the pages of a reference, and adds to its problems what it finds. */
export function renderPages(reference: Reference): ReadonlyMap<string, string> {
  const places = findPlaces(reference);
  return new Map(
    reference.pages.map((page) => [page.entry.page, renderPage(page, places, reference)]),
  );
}

interface Place {
  readonly page: string;
  readonly anchor: string;
}

interface Places {
  of(reflection: Reflection): Place | undefined;
  /** Of the first export of this name. */
  called(name: string): Place | undefined;
  /** Of what a name in a type means. */
  named(symbol: ts.Symbol): { readonly place: Place; readonly name: string } | undefined;
}

interface Group {
  readonly name: string;
  readonly parts: readonly DeclarationReflection[];
}

/** Own exports of a page by kind; what has one name is one group: a type and a constant. */
function groupsOf({ exports }: PageContent): readonly (readonly [string, readonly Group[]])[] {
  const byName = new Map<string, DeclarationReflection[]>();
  for (const each of exports.filter((one) => !one.isReference())) {
    byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  }
  const placed = new Set<string>();
  return KINDS.map(([title, kind]) => {
    const groups = [...byName]
      .filter(([name, parts]) => !placed.has(name) && parts.some((part) => part.kindOf(kind)))
      .map(([name, parts]) => ({ name, parts: parts.toSorted((a, b) => a.kind - b.kind) }))
      .toSorted((a, b) => compare(a.name, b.name));
    for (const { name } of groups) placed.add(name);
    return [title, groups] as const;
  }).filter(([, groups]) => groups.length > 0);
}

function findPlaces({ pages, checker, declarationsOf }: Reference): Places {
  const byReflection = new Map<Reflection, Place>();
  const bySymbol = new Map<ts.Symbol, { place: Place; name: string }>();
  for (const page of pages) {
    const taken = new Map<string, number>();
    const anchorOf = (heading: string): string => {
      const slug = heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "");
      const times = taken.get(slug) ?? 0;
      taken.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    };
    anchorOf(page.entry.name);
    for (const [title, groups] of groupsOf(page)) {
      anchorOf(title);
      for (const { name, parts } of groups) {
        const place = { page: page.entry.page, anchor: anchorOf(name) };
        for (const part of parts) {
          byReflection.set(part, place);
          for (const node of declarationsOf(part)) {
            const named = ts.getNameOfDeclaration(node);
            const symbol = named && checker.getSymbolAtLocation(named);
            if (symbol) bySymbol.set(symbol, { place, name });
          }
        }
      }
    }
  }
  return {
    of: (reflection) => {
      const whole = exportOf(reflection);
      return byReflection.get(whole.isDeclaration() ? original(whole) : whole);
    },
    called: (name) => [...bySymbol.values()].find((each) => each.name === name)?.place,
    named: (symbol) => bySymbol.get(symbol),
  };
}

function renderPage(page: PageContent, places: Places, reference: Reference): string {
  const { entry, exports } = page;
  const href = (place: Place): string =>
    `${place.page === entry.page ? "" : place.page}#${place.anchor}`;
  const linkTo: LinkTo = (target) => {
    if (typeof target === "string" && !target.startsWith(EXPORT)) return target;
    const place =
      typeof target === "string" ? places.called(target.slice(EXPORT.length)) : places.of(target);
    return place && href(place);
  };
  const link = (reflection: Reflection, name: string): string => {
    const to = linkTo(reflection);
    return to === undefined ? `\`${name}\`` : `[\`${name}\`](${to})`;
  };
  const groups = groupsOf(page);
  const passedOn = exports
    .filter((one) => one.isReference())
    .toSorted((a, b) => compare(a.name, b.name))
    .map((one) => link(one, one.name));
  const text = blocks([
    NOTE,
    `# ${entry.name}`,
    entry.about,
    ...entry.aliases.map((alias) => `The same under another name: \`${alias}\`.`),
    ...groups.map(([title, each]) => contents(title, each)),
    passedOn.length > 0 && `**Also here**: ${passedOn.join(", ")}`,
    ...groups.flatMap(([title, each]) => [`## ${title}`, ...each.flatMap(renderGroup)]),
  ]);
  const error = places.called("CroftError");
  return error
    ? text.replaceAll("**Throws** CroftError", `**Throws** [\`CroftError\`](${href(error)})`)
    : text;

  function contents(title: string, each: readonly Group[]): string {
    const wordy = title !== "Interfaces" && title !== "Types";
    const items = each.map(({ name, parts }) => {
      const [first] = parts;
      const item = first ? link(first, name) : name;
      if (!wordy) return item;
      const text = firstSentence(
        parts.map((part) => summary(commentOf(part), linkTo)).find(Boolean) ?? "",
      );
      return `- ${item}${text ? `: ${text}` : ""}`;
    });
    return wordy ? `**${title}**\n\n${items.join("\n")}` : `**${title}**: ${items.join(", ")}`;
  }

  function renderGroup({ name, parts }: Group): readonly (string | false)[] {
    if (!parts.some((part) => commentOf(part)?.hasVisibleComponent())) {
      reference.problems.push(`${entry.name}: ${name} has no comment`);
    }
    if (parts.some((part) => /top of this (file|module)/.test(summary(commentOf(part), linkTo)))) {
      reference.problems.push(`${entry.name}: the comment of ${name} sends readers to its file`);
    }
    return [`### ${name}`, ...parts.flatMap(renderExport), references(name, parts)];
  }

  /** What is said of several overloads alike is said once, below them. */
  function renderOverloads(
    overloads: readonly SignatureReflection[],
    nodes: readonly ts.Declaration[],
  ): readonly string[] {
    const texts = overloads.map(({ comment, parameters: each }) =>
      blocks([summary(comment, linkTo), parameters(each), ...tags(comment, linkTo)]).trim(),
    );
    let open: string[] = [];
    return texts.flatMap((text, at) => {
      const node = nodes[at];
      if (node) open.push(signature(node, reference.checker));
      if (text === texts[at + 1]) return [];
      const shown = [code(open.join("\n")), text];
      open = [];
      return shown;
    });
  }

  /** The head of an interface that only repeats the heading is left out. */
  function codeUnlessName(node: ts.Declaration, name: string): string | false {
    const text = signature(node, reference.checker);
    return text !== `interface ${name}` && code(text);
  }

  function renderExport(reflection: DeclarationReflection): readonly (string | false)[] {
    if (reflection.kindOf(ReflectionKind.Namespace)) {
      return [summary(commentOf(reflection), linkTo), members(reflection)];
    }
    const nodes = declarationsOf(reflection);
    const overloads = reflection.signatures ?? [];
    if (reflection.kindOf(ReflectionKind.Function) && overloads.length > 1) {
      return renderOverloads(overloads, nodes);
    }
    const node = nodes[0];
    const comment = commentOf(reflection);
    return [
      node !== undefined && codeUnlessName(node, reflection.name),
      summary(comment, linkTo),
      parameters(overloads[0]?.parameters),
      ...(reflection.kindOf(ReflectionKind.ClassOrInterface) ? [members(reflection)] : []),
      ...tags(comment, linkTo),
    ];
  }

  function members(reflection: DeclarationReflection): string {
    const items = membersOf(reflection).flatMap((member) =>
      renderMember(member, declarationsOf(member)),
    );
    const called = (reflection.signatures ?? []).map((each) => summary(each.comment, linkTo));
    const other = declarationsOf(reflection)
      .flatMap((node) => (ts.isInterfaceDeclaration(node) ? [...node.members] : []))
      .filter((node) => ts.isCallSignatureDeclaration(node) || ts.isIndexSignatureDeclaration(node))
      .map((node, at) => item(signature(node, reference.checker), [called[at] ?? ""]));
    return [...other, ...items].join("\n");
  }

  function renderMember(
    member: DeclarationReflection,
    nodes: readonly ts.Declaration[],
  ): readonly string[] {
    const overloads = member.signatures ?? [];
    const declared = nodes.filter(
      (node) => nodes.length === 1 || !("body" in node && node.body !== undefined),
    );
    const shown = declared.length > 0 ? declared : nodes;
    return shown.map((node, at) => {
      const own = overloads[at];
      const comment = own?.comment ?? (at === 0 ? commentOf(member) : undefined);
      return item(signature(node, reference.checker).replace(/^const /, ""), [
        summary(comment, linkTo),
        parameters(own?.parameters),
        ...tags(comment, linkTo),
      ]);
    });
  }

  function parameters(each: readonly Reflection[] | undefined): string {
    return (each ?? [])
      .flatMap(({ name, comment }) =>
        comment ? [`- \`${name}\`: ${indent(markdown(comment.summary, linkTo))}`] : [],
      )
      .join("\n");
  }

  /** The types that the signatures of an export name, as links; code has none. */
  function references(name: string, parts: readonly DeclarationReflection[]): string {
    const found = new Map<string, Place>();
    for (const node of parts.flatMap(shownOf).flatMap(typesOf)) {
      const symbol = meaning(node);
      if (!symbol || isOwn(symbol) || MACHINERY.has(symbol.name)) continue;
      const target = places.named(symbol);
      if (target && target.name !== name) found.set(target.name, target.place);
      if (!target) {
        reference.problems.push(
          `${entry.name}: ${name} names ${symbol.name}, which is not exported`,
        );
      }
    }
    const links = [...found].toSorted(([a], [b]) => compare(a, b));
    return links.length === 0
      ? ""
      : `Types: ${links.map(([each, place]) => `[\`${each}\`](${href(place)})`).join(", ")}`;
  }

  /** What of an export is on the page: of a class or an interface its head and its own members. */
  function shownOf(part: DeclarationReflection): readonly ts.Node[] {
    const nodes = declarationsOf(part);
    if (!part.kindOf(ReflectionKind.ClassOrInterface)) {
      return nodes.filter((node) => !isOfConstant(node));
    }
    const heads = nodes.flatMap((node) =>
      ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)
        ? [...(node.typeParameters ?? []), ...(node.heritageClauses ?? [])]
        : [],
    );
    return [...heads, ...membersOf(part).flatMap((member) => declarationsOf(member))];
  }

  function membersOf(part: DeclarationReflection): readonly DeclarationReflection[] {
    return (part.children ?? [])
      .filter((member) => member.inheritedFrom === undefined)
      .map((member) => ({ member, node: declarationsOf(member)[0] }))
      .filter(({ node }) => node && !node.getSourceFile().isDeclarationFile)
      .toSorted((a, b) => (a.node?.pos ?? 0) - (b.node?.pos ?? 0))
      .map(({ member }) => member);
  }

  function meaning(node: ts.Identifier): ts.Symbol | undefined {
    const symbol = reference.checker.getSymbolAtLocation(node);
    if (!symbol) return undefined;
    const alias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return alias ? reference.checker.getAliasedSymbol(symbol) : symbol;
  }

  function declarationsOf(reflection: Reflection): readonly ts.Declaration[] {
    return reference.declarationsOf(reflection);
  }
}

/** Whether a name in a type is no export of the packages: of a library, or declared in the type itself. */
function isOwn(symbol: ts.Symbol): boolean {
  const [node] = symbol.declarations ?? [];
  if (!node || node.getSourceFile().isDeclarationFile) return true;
  return ts.isTypeParameterDeclaration(node) || ts.isParameter(node);
}

function item(text: string, rest: readonly (string | false)[]): string {
  const below = blocks(rest).trim();
  if (text.includes("\n")) return `- ${indent(blocks([code(text), below]).trim())}`;
  const first = text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
  return below === "" ? `- ${first}` : `- ${first}\\\n  ${indent(below)}`;
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

function indent(text: string): string {
  return text.replaceAll(/\n(?=[^\n])/g, "\n  ");
}

function blocks(parts: readonly (string | false)[]): string {
  return `${parts.filter((part) => part !== false && part !== "").join("\n\n")}\n`;
}

/** The same order on every machine. */
function compare(a: string, b: string): number {
  const [low, high] = [a.toLowerCase(), b.toLowerCase()];
  if (low !== high) return low < high ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
