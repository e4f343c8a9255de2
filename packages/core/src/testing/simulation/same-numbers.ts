/**
 * Makes Yjs draw from the simulation's dice what it draws by itself (a new client id, when it sees its
 * own used by another). Must be imported before Yjs.
 */

import { webcrypto } from "node:crypto";
import { createDice, type Dice } from "../random-edits.ts";

let dice: Dice = createDice(0);

// It says so each time that it draws an id anew, which a simulation makes it do a lot.
const print = console.log;
console.log = (...words: readonly unknown[]) => {
  if (!String(words[0]).includes("[yjs] Changed the client-id")) print(...words);
};

/** Sets what Yjs draws from now on. */
export function drawFrom(seed: number): void {
  dice = createDice(seed);
}

Object.defineProperty(webcrypto, "getRandomValues", {
  configurable: true,
  value<T extends ArrayBufferView>(view: T): T {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = dice(256);
    return view;
  },
});
