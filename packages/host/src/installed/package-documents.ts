/** Packages in documents. */

import { CroftError, type DocumentHandle } from "@croft/core";
import { type PluginPackage, readPackage } from "@croft/plugin/package";
import { bytesOf } from "./stored-bytes.ts";

/** Reads a package from its document: itself, or what is wrong with it, or nothing while it is not here. */
export async function readFrom(
  handle: Pick<DocumentHandle, "doc">,
): Promise<PluginPackage | CroftError | undefined> {
  const bytes = bytesOf(handle);
  if (!bytes) return undefined;
  try {
    return await readPackage(bytes);
  } catch (error) {
    if (error instanceof CroftError) return error;
    throw error;
  }
}
