/** The version of croft that plugins run on, which their `engine` ranges are about. */

/** For example `0.1.0`; the same as in this package's package.json (a test says so). */
export const CROFT_VERSION = "0.1.0";
