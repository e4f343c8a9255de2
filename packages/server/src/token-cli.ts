#!/usr/bin/env node
/** The command `croft-token`: prints a token, and nothing else, on stdout. */

import { parseTokenCommand, TOKEN_HELP } from "./token-command.ts";
import { mintToken } from "./token.ts";
import { version } from "./version.ts";

const command = parseTokenCommand(process.argv.slice(2), process.env);
switch (command.kind) {
  case "help":
    process.stdout.write(TOKEN_HELP);
    break;
  case "version":
    process.stdout.write(`${version}\n`);
    break;
  case "mistake":
    process.stderr.write(`croft-token: ${command.message} See croft-token --help.\n`);
    process.exitCode = 2;
    break;
  case "run":
    process.stdout.write(`${await mintToken(command.options)}\n`);
    break;
}
