/** Asks a running server what `croft-admin` was told to ask. */

import { CroftError } from "@croft/core";
import { z } from "zod";
import { mintToken } from "../token.ts";
import type { AdminCall, AdminRequest } from "./admin-command.ts";

/** As whom the operator is in the audit log. */
const OPERATOR = "operator";
/** How long a token is good that is made for one call, in milliseconds. */
const TOKEN_LIFE = 60_000;
/** How long a server may take to answer, in milliseconds. */
const PATIENCE = 30_000;

const problem = z.object({
  error: z.object({ message: z.string(), hint: z.string().optional() }),
});
const page = z.object({ next: z.string().optional() });

/**
 * Asks, and resolves with what is answered; nothing where there is nothing to tell.
 *
 * @throws {@link CroftError} `network/failed` when the server cannot be reached, `access/denied` with what it says is wrong.
 */
export async function askServer(request: AdminRequest): Promise<unknown> {
  const { call } = request;
  if (call.list === undefined) return askOnce(request, call);
  const rows: unknown[] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const query: Readonly<Record<string, string | undefined>> = { ...call.query, after };
    const answer = await askOnce(request, { ...call, query });
    const named: Readonly<Record<string, unknown>> = z
      .record(z.string(), z.unknown())
      .parse(answer);
    rows.push(...z.array(z.unknown()).parse(named[call.list]));
    after = page.parse(answer).next;
  }
  return { [call.list]: rows };
}

async function askOnce(request: AdminRequest, call: AdminCall): Promise<unknown> {
  const { server, workspace } = request;
  const url = new URL(
    `${server.replace(/\/$/, "")}/api/${encodeURIComponent(workspace)}${call.path}`,
  );
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: call.method,
      headers: {
        authorization: `Bearer ${await tokenOf(request)}`,
        "content-type": "application/json",
        ...(call.isNew && { "if-none-match": "*" }),
      },
      ...(call.body && { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (cause) {
    throw new CroftError(
      "network/failed",
      `The server at ${server} cannot be reached: ${whyOf(cause)}.`,
      {
        hint: "Is it running, and is --server right?",
        cause,
      },
    );
  }
  const text = await answer.text();
  const body = jsonOf(text);
  if (answer.ok) return text === "" ? undefined : body;
  const told = problem.safeParse(body).data?.error;
  throw new CroftError(
    "access/denied",
    told?.message ?? `The server answered ${answer.status}, and not as a croft server does.`,
    told?.hint === undefined ? {} : { hint: told.hint },
  );
}

async function tokenOf({ token, secret, workspace }: AdminRequest): Promise<string> {
  if (token !== undefined || secret === undefined) return token ?? "";
  return mintToken({
    secret,
    workspace,
    user: OPERATOR,
    admin: true,
    grants: [],
    expiresIn: TOKEN_LIFE,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody else's page.
    return undefined;
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  // What fetch itself says is that it failed.
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause ? String(cause.code) : cause.message;
}
