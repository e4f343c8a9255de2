import { CloseCode } from "@croft/core";
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { isUserId, type MintOptions, mintToken, verifyToken } from "./token.ts";

const secret = "a secret for these tests only";
const mint = (options: Partial<MintOptions> = {}) =>
  mintToken({ secret, workspace: "demo", user: "ada", ...options });
const sign = (claims: Record<string, unknown>) =>
  new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
const inAnHour = Math.floor(Date.now() / 1000) + 3600;
const good = { sub: "ada", aud: "croft", exp: inAnHour, workspaces: [{ id: "demo", grants: [] }] };

describe("tokens", () => {
  it("what is minted is verified", async () => {
    const token = await mint({ grants: ["notes/**:write", "stats/*:read"], expiresIn: 60_000 });
    const verified = await verifyToken({ secret, token, workspace: "demo" });
    expect(verified).toMatchObject({
      principal: {
        user: "ada",
        grants: [
          { pattern: "notes/**", access: "write" },
          { pattern: "stats/*", access: "read" },
        ],
      },
    });
    const { expiresAt = 0 } = verified as { expiresAt?: number };
    expect(expiresAt).toBeGreaterThan(Date.now() + 50_000);
    expect(expiresAt).toBeLessThan(Date.now() + 100_000);
  });

  it("admits a plugin in place of its user, with what the user has as the bound", async () => {
    const plugin = { id: "stats", grants: ["notes/**:write"] };
    const token = await mint({ grants: ["notes/**:read"], plugin });
    const verified = await verifyToken({ secret, token, workspace: "demo" });
    expect(verified).toMatchObject({
      principal: {
        user: "ada",
        plugin: "stats",
        grants: [{ pattern: "notes/**", access: "write" }],
        within: [{ pattern: "notes/**", access: "read" }],
      },
    });
    await expect(mint({ plugin: { id: "app" } })).rejects.toMatchObject({ code: "input/invalid" });
    const workspaces = [{ id: "demo", grants: ["**:write"], plugin: { id: "a/b", grants: [] } }];
    expect(
      await verifyToken({ secret, token: await sign({ ...good, workspaces }), workspace: "demo" }),
    ).toMatchObject({ code: CloseCode.unauthorized });
  });

  it("everything is granted and 12 hours are given by default", async () => {
    const verified = await verifyToken({ secret, token: await mint(), workspace: "demo" });
    expect(verified).toMatchObject({ principal: { grants: [{ pattern: "**", access: "write" }] } });
    const later = await verifyToken({
      secret,
      token: await mint(),
      workspace: "demo",
      now: Date.now() + 13 * 3_600_000,
    });
    expect(later).toEqual({ code: CloseCode.unauthorized, reason: "the token has expired" });
  });

  it("a token for another workspace is forbidden", async () => {
    const token = await mint({ workspace: "other" });
    expect(await verifyToken({ secret, token, workspace: "demo" })).toEqual({
      code: CloseCode.forbidden,
      reason: "the token is not for this workspace",
    });
  });

  const refused: [string, () => Promise<string> | string, string][] = [
    ["no token", () => "", "a token is needed"],
    ["garbage", () => "garbage", "the token is malformed"],
    ["three pieces of garbage", () => "a.b.c", "the token is malformed"],
    [
      "a foreign signature",
      () => mint({ secret: "another secret of somebody" }),
      "the token was not signed with this server's secret or keys",
    ],
    ["no signature", () => new UnsecuredJWT(good).encode(), "the token is not signed with HS256"],
    [
      "another algorithm",
      () =>
        new SignJWT(good)
          .setProtectedHeader({ alg: "HS512" })
          .sign(new TextEncoder().encode(secret)),
      "the token is not signed with HS256",
    ],
    ["another audience", () => sign({ ...good, aud: "bank" }), "the token is not for croft"],
    ["no audience", () => sign({ ...good, aud: undefined }), "the token is not for croft"],
    ["not yet", () => sign({ ...good, nbf: inAnHour }), "the token is not valid yet"],
    ["no end", () => mint({ expiresIn: "never" }), "the token has no end"],
    [
      "no user",
      () => sign({ ...good, sub: undefined }),
      "the token does not say which user and workspaces it is for",
    ],
    [
      "a user who is a path",
      () => sign({ ...good, sub: "ada/notes" }),
      "the token does not say which user and workspaces it is for",
    ],
    [
      "no workspaces",
      () => sign({ ...good, workspaces: "demo" }),
      "the token does not say which user and workspaces it is for",
    ],
    [
      "a malformed grant",
      () => sign({ ...good, workspaces: [{ id: "demo", grants: ["../**:write"] }] }),
      "the token has a malformed grant",
    ],
  ];
  for (const [name, make, reason] of refused) {
    it(`refuses a token: ${name}`, async () => {
      const token = await make();
      expect(await verifyToken({ secret, token, workspace: "demo" })).toEqual({
        code: CloseCode.unauthorized,
        reason,
      });
    });
  }

  it("takes a token without an end where the server asks for it", async () => {
    const token = await mint({ expiresIn: "never" });
    const verified = await verifyToken({ secret, token, workspace: "demo", requireExpiry: false });
    expect(verified).toMatchObject({ principal: { user: "ada" }, expiresAt: undefined });
  });

  it("does not mint what it would refuse", async () => {
    const bad: Partial<MintOptions>[] = [
      { secret: "too short" },
      { workspace: "../x" },
      { user: "" },
      { user: "a/b" },
      { grants: ["notes/**"] },
      { grants: ["notes/**:admin"] },
      { grants: ["**/x:read"] },
    ];
    for (const options of bad) {
      await expect(mint(options)).rejects.toMatchObject({
        code: "input/invalid",
      });
    }
  });

  it("a user is one segment of a path", () => {
    for (const user of ["ada", "guest:ada", "Ada Lovelace", "ada@example.org"]) {
      expect(isUserId(user)).toBe(true);
    }
    for (const user of ["", "..", "a/b", " ada", "a*", "x".repeat(129), "\u202eada"]) {
      expect(isUserId(user)).toBe(false);
    }
  });
});
