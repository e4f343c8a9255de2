/** Has the browser keep the app itself, so that it opens also while its server is away. */

/** Registers public/sw.js; not under Vite's development server, whose files change all the time. */
export function keepApp(): void {
  if (import.meta.hot || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/sw.js").catch((error: unknown) => {
    console.warn("The app cannot be kept for when its server is away.", error);
  });
}
