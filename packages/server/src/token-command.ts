/** The command line of `croft-token`, and what it means. Prints nothing. */

import { isPluginId } from "@croft/core";
import { z } from "zod";
import {
  checked,
  type Command,
  duration,
  type Environment,
  type Flags,
  helpOf,
  readCommand,
  several,
  truth,
} from "./command-line.ts";
import { parseGrant } from "./grant-text.ts";
import { checkSecret } from "./token-keys.ts";
import { isUserId, type MintOptions } from "./token.ts";
import { isWorkspaceName } from "./workspace-name.ts";

const NEEDED = "is needed";
const named = (isGood: (text: string) => boolean, message: string): z.ZodType<string> =>
  z.string(NEEDED).refine(isGood, message);

const schema = z.object({
  secret: checked(checkSecret, NEEDED),
  workspace: named(isWorkspaceName, "is no name that a workspace can have"),
  user: named(isUserId, "is no id that a user can have"),
  grants: several(checked(parseGrant)).optional(),
  plugin: named(isPluginId, "is no id that a plugin can have").optional(),
  pluginGrants: several(checked(parseGrant)).optional(),
  admin: truth.optional(),
  expiresIn: z
    .union([z.literal("never"), duration()], "must be like 90s, 30m, 12h or 7d, or never")
    .optional(),
});

const FLAGS: Flags<keyof z.infer<typeof schema>> = {
  secret: {
    flag: "secret",
    value: "text",
    help: ["the server's; or the environment variable CROFT_SECRET"],
  },
  workspace: {
    flag: "workspace",
    value: "name",
    help: ["the workspace that the token admits to"],
  },
  user: { flag: "user", value: "id", help: ["the user's id"] },
  grants: {
    flag: "grant",
    value: "grant",
    repeated: true,
    help: [
      "a path pattern and read, write or none, as 'notes/**:write'; may",
      "be repeated; default '**:write'",
    ],
  },
  plugin: {
    flag: "plugin",
    value: "id",
    help: ["admits this plugin alone, acting for the user: to its own subtree"],
  },
  pluginGrants: {
    flag: "plugin-grant",
    value: "grant",
    repeated: true,
    help: ["and to this, as far as the user may; may be repeated"],
  },
  admin: {
    flag: "admin",
    help: ["it may administer the workspace, as croft-admin does"],
  },
  expiresIn: {
    flag: "expires",
    value: "time",
    help: ["as 90s, 30m, 12h or 7d, or never; default 12h"],
  },
};

/** What `croft-token --help` prints. */
export const TOKEN_HELP: string = `croft-token: prints a token for one user of one workspace

Usage: croft-token --secret <text> --workspace <name> --user <id> [options]

${helpOf(FLAGS)}
  --help, --version
`;

/** Reads the command line and the environment of `croft-token`. */
export function parseTokenCommand(args: readonly string[], env: Environment): Command<MintOptions> {
  const command = readCommand(schema, FLAGS, { args, env, variables: ["secret"] });
  if (command.kind !== "run") return command;
  const { plugin: id, pluginGrants, ...options } = command.options;
  if (pluginGrants && id === undefined) {
    return { kind: "mistake", message: "--plugin-grant needs --plugin." };
  }
  if (id !== undefined && options.admin) {
    return { kind: "mistake", message: "A plugin administers nothing: --plugin or --admin." };
  }
  const plugin = id === undefined ? undefined : { id, grants: pluginGrants };
  return { kind: "run", options: { ...options, plugin } };
}
