/** Owners of client ids who are nobody that could submit anything here. */

import type { WriterId } from "../ids.ts";

/** Of ids which a recovery brought: whoever goes on under one claims it. */
export const NOBODY: WriterId = "00000000000000000000000000000000" as WriterId;

/** Of the ids of everybody who is not on this device: nobody here may use them. */
export const ABOVE: WriterId = "00000000000000000000000000000001" as WriterId;
