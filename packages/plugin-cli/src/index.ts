/** The parts of `croft-plugin` that other programs use. */

export { type Bundle, bundlePlugin } from "./bundle.ts";
export { develop, type DevelopOptions } from "./dev.ts";
export { describeStart, initPlugin, type InitOptions } from "./init.ts";
export { version } from "./version.ts";
export { REGISTRY_FILE, writeIndex, type WrittenIndex } from "./registry-index.ts";
export { type Project, readProject } from "./project.ts";
