/** A simple plugin: subscribe, get, save. */

export { countWords } from "./count-words.ts";
export { statsPlugin } from "./stats-plugin.ts";
