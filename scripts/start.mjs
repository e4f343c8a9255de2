// `npm start`: the demo with its sync server, until Ctrl-C. PORT moves it (default 5173), CROFT_DATA
// is where the server keeps its data (default .croft/data); with `-- --watch` edits reload the page.

import { startDemo } from "../apps/demo/vite/demo-server.ts";

const port = Number(process.env.PORT || 5173);
if (!Number.isInteger(port) || port < 1 || port > 65_500) {
  console.error(`PORT must be a number from 1 to 65500, not ${process.env.PORT}.`);
  process.exit(2);
}

// Ctrl-C may come while the demo starts. The same signal may come twice at once, from a terminal or a
// supervisor and from npm; a second one later is impatience.
const IMPATIENT = 500;
let stopped = 0;
let demo;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (stopped && Date.now() - stopped > IMPATIENT) process.exit(1);
    if (stopped) return;
    stopped = Date.now();
    if (demo) void stop();
  });
}

try {
  demo = await startDemo({
    port,
    data: process.env.CROFT_DATA || ".croft/data",
    watch: process.argv.includes("--watch"),
    log: (level, message, fields) => {
      if (level === "warn" || level === "error") console.error(message, fields ?? "");
    },
  });
} catch (error) {
  console.error([error.message, error.hint].filter(Boolean).join(" "));
  process.exit(1);
}
if (stopped) await stop();
else
  console.log(`\n  The croft demo is at ${demo.url}\n  Open it in two windows. Ctrl-C ends it.\n`);

async function stop() {
  // What does not close in time must not keep the port.
  setTimeout(() => process.exit(1), 9000).unref();
  await demo.close();
  process.exit(0);
}
