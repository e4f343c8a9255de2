/** Counts words: runs of letters and digits, with apostrophes and hyphens inside. */

// No `Intl.Segmenter`: what it finds depends on the browser's language and version, and every
// device has to come to the same number.
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

/** How many words there are in `text`. */
export function countWords(text: string): number {
  return text.match(WORD)?.length ?? 0;
}
