/** Plugins in processes of their own, for hosts that run in Node. */

export { createForkedLoader, type ForkedOptions } from "./load-forked.ts";
