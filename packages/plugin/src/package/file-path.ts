/** Names of files in a package: the same file everywhere, and never one outside of it. */

const MAX_LENGTH = 200;
const SEGMENT = /^[A-Za-z0-9._-]+$/;
// Names that Windows takes for devices, whatever follows the first dot.
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** What is wrong with a file's path, or `undefined`: `main.js` and `assets/logo.svg` are right. */
export function problemOfFilePath(path: string): string | undefined {
  const shown = JSON.stringify(path.slice(0, MAX_LENGTH));
  if (path.length > MAX_LENGTH) return `${shown} is longer than ${MAX_LENGTH} characters`;
  for (const segment of path.split("/")) {
    if (segment === "." || segment === "..") return `${shown} leads out of its folder`;
    if (!SEGMENT.test(segment)) {
      return `${shown} is no file name; write letters, digits, \`-\`, \`_\` and \`.\`, and \`/\` between folders`;
    }
    if (segment.endsWith(".") || DEVICE.test(segment)) {
      return `${shown} is no file name on every system`;
    }
  }
  return undefined;
}

/** Two paths that some systems cannot tell apart, or of which one is a folder of the other; if any. */
export function findClash(paths: readonly string[]): readonly [string, string] | undefined {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const path of paths) {
    const name = path.toLowerCase();
    const other = files.get(name) ?? folders.get(name);
    if (other !== undefined) return [other, path];
    files.set(name, path);
    for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
      const folder = name.slice(0, end);
      const file = files.get(folder);
      if (file !== undefined) return [file, path];
      folders.set(folder, path);
    }
  }
  return undefined;
}
