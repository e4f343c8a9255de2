// What the entry points export, as TypeDoc reads it: names, comments, where their links lead. Whatever
// TypeDoc warns of is an error.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Application,
  type Comment,
  type Context,
  Converter,
  type DeclarationReflection,
  Logger,
  LogLevel,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";
import ts from "typescript";
import type { EntryPoint } from "./entry-points.ts";

/** What all pages are made from. */
export interface Reference {
  readonly pages: readonly PageContent[];
  readonly checker: ts.TypeChecker;
  /** The declarations of what TypeDoc found. */
  readonly declarationsOf: (reflection: Reflection) => readonly ts.Declaration[];
  /** What somebody should mend, a line each. */
  readonly problems: string[];
}

/** An entry point and what it exports, by name. */
export interface PageContent {
  readonly entry: EntryPoint;
  readonly exports: readonly DeclarationReflection[];
}

/** Reads the sources of the entry points. Checks no types: `npm run check` does. */
export async function readReference(entries: readonly EntryPoint[]): Promise<Reference> {
  const problems: string[] = [];
  const app = await Application.bootstrap({
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    readme: "none",
    disableSources: true,
    validation: {
      notExported: false,
      invalidLink: true,
      notDocumented: false,
      rewrittenLink: true,
    },
  });
  app.logger = new Collecting(problems);
  let context: Context | undefined;
  app.converter.on(Converter.EVENT_RESOLVE_END, (last) => {
    context = last;
  });
  app.converter.addUnknownSymbolResolver(({ symbolReference }, from) => {
    const name = symbolReference?.path?.[0]?.path ?? "";
    return isExported(name, from.project) ? `${EXPORT}${name}` : undefined;
  });
  const program = readProgram(entries.map(({ source }) => source));
  const project: ProjectReflection = app.converter.convert(
    entries.map(({ name, source }) => {
      const sourceFile = program.getSourceFile(source);
      if (!sourceFile) throw new Error(`${source} was not read`);
      return { displayName: name, program, sourceFile };
    }),
  );
  app.validate(project);
  const pages = entries.map((entry) => {
    const module = project.children?.find(({ name }) => name === entry.name);
    if (!module) throw new Error(`TypeDoc found nothing in ${entry.name}`);
    return { entry, exports: module.children ?? [] };
  });
  return {
    pages,
    checker: program.getTypeChecker(),
    declarationsOf: (reflection) =>
      context?.getSymbolFromReflection(reflection)?.declarations ?? [],
    problems,
  };
}

/** Begins the target of a link to what is exported under the name that follows. */
export const EXPORT = "export:";

/** The comment of something, wherever TypeDoc put it. */
export function commentOf(reflection: DeclarationReflection): Comment | undefined {
  const type = reflection.type;
  return (
    reflection.comment ??
    reflection.signatures?.[0]?.comment ??
    reflection.getSignature?.comment ??
    (type?.type === "reflection" ? type.declaration.signatures?.[0]?.comment : undefined)
  );
}

/** What a re-export stands for; anything else itself. */
export function original(reflection: DeclarationReflection): DeclarationReflection {
  if (!reflection.isReference()) return reflection;
  const target = reflection.getTargetReflectionDeep();
  return target.isDeclaration() ? target : reflection;
}

/** The export that something is, or is a part of. */
export function exportOf(reflection: Reflection): Reflection {
  let at = reflection;
  while (at.parent && !at.parent.kindOf(ReflectionKind.Module | ReflectionKind.Project)) {
    at = at.parent;
  }
  return at;
}

/**
 * Whether a link may mean what one entry point exports under this name, and no other. Its file need not import what it names;
 * and in a `@throws` TypeScript takes a link for a type.
 */
function isExported(name: string, project: ProjectReflection): boolean {
  const found = (project.children ?? [])
    .flatMap((module) => module.children ?? [])
    .filter((each) => each.name === name && !each.isReference());
  return found.length === 1;
}

function readProgram(sources: readonly string[]): ts.Program {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const roots = new Set(sources.map((source) => ts.sys.resolvePath(source)));
  const read = host.readFile.bind(host);
  host.readFile = (path) => {
    const text = read(path);
    if (!roots.has(ts.sys.resolvePath(path))) return text;
    // What opens an entry point is said of it, not of the first that it exports.
    return text?.replace(/^\/\*\*[\s\S]*?\*\//, (all) => all.replaceAll(/[^\n]/g, " "));
  };
  return ts.createProgram({ rootNames: sources, options, host });
}

function compilerOptions(): ts.CompilerOptions {
  const file = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "tsconfig.api.json");
  const { config, error } = ts.readConfigFile(file, (path) => ts.sys.readFile(path));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  return ts.parseJsonConfigFileContent(config, ts.sys, dirname(file)).options;
}

class Collecting extends Logger {
  readonly problems: string[];

  constructor(problems: string[]) {
    super();
    this.problems = problems;
  }

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.problems.push(message);
  }
}
