/** Why a hub ended a session for good, as an error for people. */

import { CroftError } from "../errors.ts";
import { CloseCode } from "../protocol/close-code.ts";

/** The error of a permanent close code. */
export function refusal(code: number, reason: string): CroftError {
  switch (code) {
    case CloseCode.unauthorized:
    case CloseCode.forbidden:
      return new CroftError(
        "auth/refused",
        `The server refused the token: ${reason || "no reason given"}.`,
        {
          hint: "Sign in again; edits are kept on this device until then.",
        },
      );
    case CloseCode.version:
      return new CroftError(
        "protocol/version",
        "The server speaks another version of the protocol.",
        {
          hint: "Update the application, or the server.",
        },
      );
    case CloseCode.replaced:
      return new CroftError(
        "session/replaced",
        "Another session with the same identity took over.",
      );
    default:
      return new CroftError(
        "protocol/violation",
        `The session was ended: ${reason || `code ${code}`}.`,
        {
          hint: "This is a defect of the application or the server; edits are kept on this device.",
        },
      );
  }
}
