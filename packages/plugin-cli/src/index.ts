/** The parts of `croft-plugin` that other programs use. */

export { describeStart, initPlugin, type InitOptions } from "./init.ts";
export { version } from "./version.ts";
