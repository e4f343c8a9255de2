/** For hosts that run in Node. */

export { createForkedLoader, type ForkedOptions } from "./load-forked.ts";
