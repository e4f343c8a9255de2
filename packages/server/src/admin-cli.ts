#!/usr/bin/env node
/** The command `croft-admin`: asks a running server, and prints what it answers. */

import { ADMIN_HELP, type AdminRequest, parseAdminCommand } from "./admin-cli/admin-command.ts";
import { textOfAnswer } from "./admin-cli/admin-text.ts";
import { askServer } from "./admin-cli/ask-server.ts";
import { textOf } from "./command-line.ts";
import { version } from "./version.ts";

const command = parseAdminCommand(process.argv.slice(2), process.env);
switch (command.kind) {
  case "help":
    process.stdout.write(ADMIN_HELP);
    break;
  case "version":
    process.stdout.write(`${version}\n`);
    break;
  case "mistake":
    process.stderr.write(`croft-admin: ${command.message} See croft-admin --help.\n`);
    process.exitCode = 2;
    break;
  case "run":
    await run(command.options);
    break;
}

async function run(request: AdminRequest): Promise<void> {
  try {
    const answer = await askServer(request);
    if (request.json) {
      if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
    } else process.stdout.write(`${request.call.done ?? textOfAnswer(answer)}\n`);
  } catch (error) {
    process.stderr.write(`croft-admin: ${textOf(error)}\n`);
    process.exitCode = 1;
  }
}
