/** Keeps good news waiting for a moment, so that a status does not flicker while somebody types. */

import { useEffect, useState } from "react";
import type { Words } from "../status/save-words.ts";

/** How long good news must last before it is told, in milliseconds. */
const REST = 400;

/** The words to show: bad news at once, good news when it has lasted. */
export function useCalm(words: Words): Words {
  const { text, tone } = words;
  const [shown, setShown] = useState<Words>(words);
  const wait = tone === "good" && shown.tone !== "good" ? REST : 0;
  useEffect(() => {
    const timer = setTimeout(() => setShown({ text, tone }), wait);
    return () => clearTimeout(timer);
  }, [text, tone, wait]);
  return wait === 0 ? words : shown;
}
