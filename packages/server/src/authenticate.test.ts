import { CloseCode } from "@croft/core";
import { describe, expect, it } from "vitest";
import { type AuthenticationRequest, createAuthenticator, guestOf } from "./authenticate.ts";
import { mintToken } from "./token.ts";

const secret = "a secret for these tests only";
const workspace = "demo";
const from = { workspace, address: "10.0.0.1", origin: undefined };

describe("guests", () => {
  it("keep their prefix", () => {
    expect(guestOf("guest:ada")?.user).toBe("guest:ada");
    expect(guestOf("guest:Ada Lovelace")?.user).toBe("guest:Ada Lovelace");
    expect(guestOf("")?.user).toBe("guest:anonymous");
  });

  it("are nobody else", () => {
    for (const token of ["ada", "guest:", "guest:a/b", "guest:a:b", "guest:..", "GUEST:ada"]) {
      expect(guestOf(token)).toBe(undefined);
    }
    expect(guestOf(`guest:${"x".repeat(65)}`)).toBe(undefined);
  });
});

describe("authentication", () => {
  it("lets no guest in unless anonymous access was asked for", async () => {
    const authenticate = createAuthenticator({
      secret,
      anonymousAccess: false,
      requireExpiry: true,
    });
    for (const token of ["", "guest:ada"]) {
      expect(await authenticate({ ...from, token })).toMatchObject({
        code: CloseCode.unauthorized,
      });
    }
  });

  it("takes guests and tokens side by side", async () => {
    const authenticate = createAuthenticator({
      secret,
      anonymousAccess: true,
      requireExpiry: true,
    });
    expect(await authenticate({ ...from, token: "guest:ada" })).toMatchObject({
      principal: { user: "guest:ada" },
    });
    const token = await mintToken({ secret, workspace, user: "ada" });
    expect(await authenticate({ ...from, token })).toMatchObject({ principal: { user: "ada" } });
  });

  it("does not turn a bad token into a guest", async () => {
    for (const known of [secret, undefined]) {
      const authenticate = createAuthenticator({
        secret: known,
        anonymousAccess: true,
        requireExpiry: true,
      });
      const token = await mintToken({ secret: `not ${secret}`, workspace, user: "ada" });
      expect(await authenticate({ ...from, token })).toMatchObject({
        code: CloseCode.unauthorized,
      });
    }
  });

  it("leaves it to the operator's own program, which hears where somebody comes from", async () => {
    const asked: AuthenticationRequest[] = [];
    const authenticate = createAuthenticator({
      secret,
      anonymousAccess: false,
      authenticate: async (request) => {
        asked.push(request);
        if (request.token !== "a cookie") return { code: CloseCode.forbidden, reason: "no member" };
        return { principal: { user: "ada", grants: [] }, expiresAt: 5 };
      },
    });
    const request = { ...from, token: "a cookie", origin: "https://app.example.org" };
    expect(await authenticate(request)).toEqual({
      principal: { user: "ada", grants: [] },
      expiresAt: 5,
    });
    const token = await mintToken({ secret, workspace, user: "ada" });
    expect(await authenticate({ ...from, token })).toMatchObject({ code: CloseCode.forbidden });
    expect(asked).toEqual([request, { ...from, token }]);
  });
});
