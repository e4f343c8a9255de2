/** What a server tells its operator: one function, and the default that writes lines of JSON. */

/** How much it matters. `error` is worth waking somebody. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Takes one event: a constant message, and what varies in `fields`. Never throws. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Writes each event but those of level `debug` as a line of JSON to stderr. */
export const logToStderr: Log = (level, message, fields) => {
  if (level === "debug") return;
  const line = { time: new Date().toISOString(), level, message, ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
};
