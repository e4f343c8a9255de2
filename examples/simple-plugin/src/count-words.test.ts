import { expect, it } from "vitest";
import { countWords } from "./count-words.ts";

it.each([
  ["", 0],
  ["  \n", 0],
  ["# Hello, world!", 2],
  ["It’s a well-known fact - isn't it?", 6],
  ["Üben macht 100 Prozent", 4],
  ["- one\n- two\n\nthree", 3],
])("counts %j: %i", (text, words) => {
  expect(countWords(text)).toBe(words);
});
