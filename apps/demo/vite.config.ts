import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  resolve: {
    conditions: ["source", "module", "browser", "development|production"],
    // Two copies of one of these in a page break each other.
    dedupe: ["yjs", "lib0", "y-protocols", "react", "@codemirror/state", "@codemirror/view"],
  },
  // No inline scripts and no data: URLs: the build runs under `script-src 'self'`.
  build: {
    target: "baseline-widely-available",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
