// One process that runs as many demos as its parent asks for, by messages: `{ start: port, data }` and `{ end: port }`. The app is
// built once for all of them. For tests, which would otherwise build it anew for each demo.

import { startDemo } from "../apps/demo/vite/demo-server.ts";

const demos = new Map();

process.on("message", ({ start, end, data }) => {
  const port = start ?? end;
  (start === undefined ? close(port) : open(port, data)).then(
    () => process.send?.({ port }),
    (error) => process.send?.({ port, error: String(error.stack) }),
  );
});
process.on("disconnect", () => process.exit());

async function open(port, data) {
  const log = (level, message, fields) => {
    if (level === "warn" || level === "error") console.error(message, fields ?? "");
  };
  demos.set(port, await startDemo({ port, data, watch: false, log }));
}

async function close(port) {
  await demos.get(port)?.close();
  demos.delete(port);
}
