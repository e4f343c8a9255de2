// What a declaration promises, in its own words: its source without bodies. The packages declare all
// types of what they export (`isolatedDeclarations`), so that nothing has to be guessed.

import ts from "typescript";

const WIDTH = 100;

/** A declaration in a line, or in more where one would be too long. */
export function signature(node: ts.Node, checker: ts.TypeChecker): string {
  const result = resultOf(node, checker);
  if (result !== undefined) return result;
  if (ts.isTypeAliasDeclaration(node)) return written(node).replace(/^export /, "");
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) return head(node);
  if (ts.isVariableDeclaration(node)) return `const ${constant(node)}`;
  if (ts.isFunctionDeclaration(node)) return callable(`function ${node.name?.text ?? ""}`, node);
  if (ts.isConstructorDeclaration(node)) return callable("constructor", node);
  if (ts.isMethodDeclaration(node) || ts.isMethodSignature(node)) {
    const optional = node.questionToken ? "?" : "";
    return callable(`${modifiers(node)}${node.name.getText()}${optional}`, node);
  }
  if (ts.isGetAccessorDeclaration(node)) return callable(`get ${node.name.getText()}`, node);
  if (ts.isSetAccessorDeclaration(node)) return callable(`set ${node.name.getText()}`, node);
  if (ts.isCallSignatureDeclaration(node)) return callable("", node);
  if (ts.isPropertyDeclaration(node) || ts.isPropertySignature(node)) {
    const optional = node.questionToken ? "?" : "";
    const value = ts.isPropertyDeclaration(node) ? initial(node) : "";
    const type = node.type ? `: ${type_(node.type)}` : value;
    return `${modifiers(node)}${node.name.getText()}${optional}${type}`;
  }
  if (ts.isParameter(node)) return parameter(node); // `constructor(readonly code: string)`
  if (ts.isPropertyAssignment(node)) return node.getText();
  return line(node.getText()).replace(/;$/, "");
}

/** Whether a type is that of a constant: then its own words say nothing. */
export function isOfConstant(node: ts.Node): boolean {
  if (!ts.isTypeAliasDeclaration(node) && !ts.isVariableDeclaration(node)) return false;
  return node.type !== undefined && /\btypeof\b/.test(node.type.getText());
}

/** The names of types in a declaration, but for what runs. */
export function typesOf(node: ts.Node): readonly ts.Identifier[] {
  const found: ts.Identifier[] = [];
  const visit = (each: ts.Node): void => {
    if (ts.isBlock(each) || isHidden(each)) return;
    if (ts.isTypeReferenceNode(each)) add(each.typeName);
    if (ts.isTypeQueryNode(each)) add(each.exprName);
    if (ts.isExpressionWithTypeArguments(each) && ts.isIdentifier(each.expression)) {
      add(each.expression);
    }
    ts.forEachChild(each, visit);
  };
  const add = (name: ts.EntityName): void => {
    found.push(ts.isIdentifier(name) ? name : name.right);
  };
  visit(node);
  return found;
}

/** What the words of a type come to that name a constant. */
function resultOf(node: ts.Node, checker: ts.TypeChecker): string | undefined {
  if (!isOfConstant(node)) return undefined;
  const { NoTruncation, InTypeAlias } = ts.TypeFormatFlags;
  const type = checker.typeToString(
    checker.getTypeAtLocation(node),
    node,
    NoTruncation | InTypeAlias,
  );
  if (ts.isTypeAliasDeclaration(node))
    return `type ${node.name.text}${typeParameters(node)} = ${type};`;
  return ts.isVariableDeclaration(node) ? `const ${node.name.getText()}: ${type}` : undefined;
}

/** Whether a member of a class is nobody else's business. */
function isHidden(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false;
  if (node.name && ts.isPrivateIdentifier(node.name)) return true;
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0;
}

function head(node: ts.InterfaceDeclaration | ts.ClassDeclaration): string {
  const kind = ts.isClassDeclaration(node) ? "class" : "interface";
  const parents = (node.heritageClauses ?? []).map((each) => ` ${line(each.getText())}`);
  return `${kind} ${node.name?.text ?? ""}${typeParameters(node)}${parents.join("")}`;
}

function constant(node: ts.VariableDeclaration): string {
  const name = node.name.getText();
  if (!node.type) return `${name}${initial(node)}`;
  // A number that is worked out, as 64 * 1024.
  const value = /^[\d_ */+()-]+$/.test(node.initializer?.getText() ?? "") ? initial(node) : "";
  return `${name}: ${type_(node.type)}${value}`;
}

function initial({ initializer }: { readonly initializer?: ts.Expression | undefined }): string {
  return initializer ? ` = ${written(initializer)}` : "";
}

function callable(name: string, node: ts.SignatureDeclaration): string {
  const parameters = node.parameters.filter(({ name: own }) => own.getText() !== "this");
  const result = node.type ? `: ${type_(node.type)}` : "";
  const start = `${name}${typeParameters(node)}`;
  const short = `${start}(${parameters.map(parameter).join(", ")})${result}`;
  if (short.length <= WIDTH && !short.includes("\n")) return short;
  const each = parameters.map((one) => `  ${parameter(one).replaceAll("\n", "\n  ")},\n`);
  return `${start}(\n${each.join("")})${result}`;
}

function parameter(node: ts.ParameterDeclaration): string {
  const own = modifiers(node);
  // How a function takes its options apart is its own affair.
  const apart = /Props\b/.test(node.type?.getText() ?? "") ? "props" : "options";
  const name = ts.isIdentifier(node.name) ? node.name.text : apart;
  const rest = node.dotDotDotToken ? "..." : "";
  const type = node.type ? `: ${type_(node.type)}` : "";
  if (node.initializer === undefined) {
    return `${own}${rest}${name}${node.questionToken ? "?" : ""}${type}`;
  }
  const value = line(node.initializer.getText());
  return value === "{}" ? `${own}${name}?${type}` : `${own}${name}${type} = ${value}`;
}

function typeParameters(node: {
  readonly typeParameters?: ts.NodeArray<ts.TypeParameterDeclaration> | undefined;
}): string {
  const each = (node.typeParameters ?? []).map((one) => line(one.getText()));
  return each.length === 0 ? "" : `<${each.join(", ")}>`;
}

function modifiers(node: ts.Node): string {
  const kept = (ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : []).filter(
    ({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword || kind === ts.SyntaxKind.StaticKeyword,
  );
  return kept.map((each) => `${each.getText()} `).join("");
}

/** A type in one line; as it is written where it has comments of its own or would be too long. */
function type_(node: ts.TypeNode): string {
  const text = written(node);
  if (/\/\*|\/\//.test(text)) return text;
  const short = line(text);
  return short.length <= WIDTH ? short : text;
}

/** The source of a node, moved to the left margin. */
function written(node: ts.Node): string {
  const text = node.getText();
  const { line: at } = ts.getLineAndCharacterOfPosition(node.getSourceFile(), node.getStart());
  const source = node.getSourceFile().text.split(/\r?\n/)[at] ?? "";
  const indent = /^ */.exec(source)?.[0] ?? "";
  return text
    .replaceAll("\r", "")
    .replaceAll(`\n${indent}`, "\n")
    .replaceAll(/\{@link ([^}|]+)(?:\|[^}]*)?\}/g, "$1");
}

function line(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/([(<[]) /g, "$1")
    .replaceAll(/,? ([)>\]])/g, (all, end: string) => (end === ">" && all === " >" ? all : end))
    .replace(/^\| /, "");
}
