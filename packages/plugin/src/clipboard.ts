/** The clipboard, as a plugin uses it. Text only. */

/** Reads and writes the clipboard. */
export interface PluginClipboard {
  /**
   * Puts text on the clipboard, a million characters at most. A browser may want a person to have done something just before.
   *
   * @throws CroftError `access/denied` without `permissions.clipboard` for `write`, `plugin/unavailable` where there is none
   *   or the browser refuses, `plugin/busy` for too often, `input/invalid`, `disposed`.
   */
  writeText(text: string): Promise<void>;
  /**
   * Reads the text on the clipboard.
   *
   * @throws CroftError `access/denied` without `permissions.clipboard` for `read`, and otherwise as
   *   {@link PluginClipboard.writeText}.
   */
  readText(): Promise<string>;
}
