/** Where the module of the package begins: what runs in a sandbox is the default export. */

export { statsPlugin as default } from "./stats-plugin.ts";
