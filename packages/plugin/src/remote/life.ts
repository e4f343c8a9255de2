/** How the life of a plugin that runs elsewhere is led: begun, ended, asked whether it still is. */

import { CroftError, type DocPath, parseDocPath } from "@croft/core";
import * as z from "zod";
import { parseTopic } from "../topic.ts";
import type { EventGrant } from "../permissions/events.ts";

/** Names of what host and plugin ask and tell of the plugin's life. */
export const Life = {
  activate: "life/activate",
  deactivate: "life/deactivate",
  migrate: "life/migrate",
  granted: "life/granted",
  ping: "life/ping",
  crashed: "life/crashed",
} as const;

/** What the host grants, as it crosses. */
export const grantsSchema: z.ZodType<readonly EventGrant[]> = z
  .array(z.strictObject({ topic: z.string(), direction: z.enum(["publish", "subscribe"]) }))
  .transform((grants) =>
    grants.map(({ topic, direction }) => ({ topic: parseTopic(topic), direction })),
  );

/** What an activation begins with. */
export interface Beginning {
  readonly workspace: string;
  readonly manifest: unknown;
  readonly granted: readonly EventGrant[];
}

/** Checks a {@link Beginning}. */
export const beginningSchema: z.ZodType<Beginning> = z.strictObject({
  workspace: z.string(),
  manifest: z.unknown(),
  granted: grantsSchema,
});

/** What a migration begins with. */
export interface MigrationBeginning {
  readonly workspace: string;
  readonly manifest: unknown;
  readonly from: number;
  readonly paths: readonly DocPath[];
}

/** Checks a {@link MigrationBeginning}. */
export const migrationSchema: z.ZodType<MigrationBeginning> = z.strictObject({
  workspace: z.string(),
  manifest: z.unknown(),
  from: z.int().nonnegative(),
  paths: z.array(z.string()).transform((paths) => paths.map(parseDocPath)),
});

/** The plugin at the other end of a port is gone; `reason` may be empty. */
export function pluginGone(plugin: string, reason: string): CroftError {
  return new CroftError("plugin/failed", `${plugin} is gone${reason && `: ${reason}`}.`, {
    plugin,
    hint: "Activate it again if it is to run.",
  });
}
