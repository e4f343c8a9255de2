/** Editors on documents of croft: recipes to copy. */

export { mountCodeMirror } from "./codemirror.ts";
export { bindTextarea } from "./textarea.ts";
export { mountTiptap } from "./tiptap.ts";
