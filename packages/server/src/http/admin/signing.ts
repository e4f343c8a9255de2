/** What routes need that sign something, and what is answered where the server has no secret to sign with. */

import type { Clock } from "@croft/core";
import type { Log } from "../../log.ts";
import { type Answer, failed } from "../answers.ts";
import type { AnswerDescription } from "../route.ts";

/** The settings of a server that signing needs. */
export interface SigningContext {
  readonly settings: {
    readonly secret?: string | undefined;
    readonly formerSecrets?: readonly string[] | undefined;
    readonly audience?: string | undefined;
    readonly issuers?: readonly string[] | undefined;
    readonly clockTolerance?: number | undefined;
    readonly clock: Clock;
    readonly log: Log;
  };
}

/** For the OpenAPI document. */
export const unsigned: AnswerDescription = {
  description: "This server has no secret to sign with.",
};

/** What is answered there. */
export function cannotSign(): Answer {
  return failed(501, "input/invalid", "This server has no secret to sign with.", {
    hint: "Start it with --secret, also beside --jwks.",
  });
}
