import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CloseCode, type CroftError } from "@croft/core";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTokenVerifier, mintToken, type TokenVerifierOptions } from "./token.ts";

const secret = "a secret for these tests only";
const workspace = "demo";
const claims = { workspaces: [{ id: workspace, grants: ["notes/**:write"] }] };

interface Key {
  readonly publicKey: JWK;
  sign(token?: Partial<Record<"iss" | "aud" | "sub" | "kid", string>>): Promise<string>;
}

async function createKey(kid: string, alg = "ES256"): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return {
    publicKey: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
    sign: ({
      iss = "https://login.example.org/",
      aud = "croft",
      sub = "ada",
      kid: named = kid,
    } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg, ...(named !== "" && { kid: named }) })
        .setSubject(sub)
        .setIssuer(iss)
        .setAudience(aud)
        .setExpirationTime("1h")
        .sign(privateKey),
  };
}

describe("keys of an identity provider", () => {
  let provider: Server;
  let keys: JWK[];
  let fetched: number;
  let status: number;
  beforeEach(async () => {
    [keys, fetched, status] = [[], 0, 200];
    provider = createServer((_request, response) => {
      fetched++;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => new Promise((resolve) => provider.close(resolve)));

  const verifierOf = (options: Partial<TokenVerifierOptions> = {}) => {
    const { port } = provider.address() as AddressInfo;
    const verify = createTokenVerifier({
      jwks: `http://127.0.0.1:${port}/keys`,
      jwksCooldown: 0,
      ...options,
    });
    return (token: string) => verify({ token, workspace });
  };
  const refused = (reason: string) => ({ code: CloseCode.unauthorized, reason });

  it.each(["ES256", "RS256", "EdDSA"])("let in who has a token signed with %s", async (alg) => {
    const key = await createKey("one", alg);
    keys = [key.publicKey];
    const verify = verifierOf();
    expect(await verify(await key.sign())).toMatchObject({ principal: { user: "ada" } });
    expect(await verify(await key.sign({ sub: "ben" }))).toMatchObject({
      principal: { user: "ben" },
    });
    expect(fetched).toBe(1);
  });

  it("may change: a key that is not known is asked for, and one that is gone is not good", async () => {
    const [one, two] = [await createKey("one"), await createKey("two")];
    keys = [one.publicKey];
    const verify = verifierOf();
    expect(await verify(await one.sign())).toHaveProperty("principal");
    keys = [one.publicKey, two.publicKey];
    expect(await verify(await two.sign())).toHaveProperty("principal");
    expect(await verify(await one.sign())).toHaveProperty("principal");
    expect(fetched).toBe(2);
    keys = [two.publicKey];
    const unknown = await createKey("three");
    expect(await verify(await unknown.sign())).toEqual(
      refused("the token names no key that is known"),
    );
    expect(await verify(await one.sign())).toEqual(refused("the token names no key that is known"));
  });

  it("are not asked for by everybody who makes one up", async () => {
    const [one, other] = [await createKey("one"), await createKey("other")];
    keys = [one.publicKey];
    const verify = verifierOf({ jwksCooldown: 60_000 });
    await verify(await one.sign());
    for (let at = 0; at < 20; at++) {
      // It may be a new one: who has it comes back.
      const token = await other.sign({ kid: `made up ${at}` });
      expect(await verify(token)).toMatchObject({ code: CloseCode.failed });
    }
    expect(fetched).toBe(1);
  });

  it("are all tried for a token that names none", async () => {
    const [one, two] = [await createKey("one"), await createKey("two")];
    keys = [one.publicKey, two.publicKey];
    const verify = verifierOf();
    expect(await verify(await two.sign({ kid: "" }))).toHaveProperty("principal");
    const stranger = await createKey("three");
    expect(await verify(await stranger.sign({ kid: "" }))).toMatchObject({
      code: CloseCode.unauthorized,
    });
  });

  it("stay good while the provider is away; whom none is known of waits, and is not sent away", async () => {
    const [one, two] = [await createKey("one"), await createKey("two")];
    keys = [one.publicKey];
    const problems: CroftError[] = [];
    const verify = verifierOf({ onProblem: (problem) => problems.push(problem), jwksCooldown: 0 });
    status = 503;
    expect(await verify(await one.sign())).toMatchObject({ code: CloseCode.failed });
    expect(problems).toMatchObject([{ code: "network/failed" }]);
    status = 200;
    expect(await verify(await one.sign())).toHaveProperty("principal");
    status = 503;
    expect(await verify(await two.sign())).toMatchObject({ code: CloseCode.failed });
    expect(await verify(await one.sign())).toHaveProperty("principal");
    expect(problems).toHaveLength(2);
  });

  it("must be of the issuer and for the audience that are asked for", async () => {
    const key = await createKey("one");
    keys = [key.publicKey];
    const verify = verifierOf({ issuers: ["https://login.example.org/"], audience: "acme" });
    expect(await verify(await key.sign({ aud: "acme" }))).toHaveProperty("principal");
    expect(await verify(await key.sign())).toEqual(refused("the token is not for croft"));
    expect(await verify(await key.sign({ aud: "acme", iss: "https://evil.example.org/" }))).toEqual(
      refused("the token is of another issuer"),
    );
  });

  it("are never taken for a secret, nor a secret for them", async () => {
    const key = await createKey("one", "RS256");
    keys = [key.publicKey];
    const asSecret = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid: "one" })
      .setSubject("ada")
      .setAudience("croft")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(JSON.stringify(key.publicKey)));
    expect(await verifierOf()(asSecret)).toEqual(
      refused("the token is not signed with a published key"),
    );
    const both = verifierOf({ secret });
    expect(await both(asSecret)).toEqual(
      refused("the token was not signed with this server's secret or keys"),
    );
    expect(await both(await mintToken({ secret, workspace, user: "ada" }))).toHaveProperty(
      "principal",
    );
    expect(await both(await key.sign())).toHaveProperty("principal");
    for (const token of ["garbage", "a.b.c", ""]) {
      expect(await both(token)).toMatchObject({ code: CloseCode.unauthorized });
    }
  });
});

describe("secrets", () => {
  it("may change: tokens of the former one are good until they end", async () => {
    const former = "the secret that there was before";
    const verify = createTokenVerifier({ secret, formerSecrets: [former] });
    for (const key of [secret, former]) {
      const token = await mintToken({ secret: key, workspace, user: "ada" });
      expect(await verify({ token, workspace })).toHaveProperty("principal");
    }
    const token = await mintToken({ secret: "a secret of somebody else", workspace, user: "ada" });
    expect(await verify({ token, workspace })).toMatchObject({ code: CloseCode.unauthorized });
    const old = await mintToken({ secret: former, workspace, user: "ada", expiresIn: 1_000 });
    expect(await verify({ token: old, workspace, now: Date.now() + 60_000 })).toEqual({
      code: CloseCode.unauthorized,
      reason: "the token has expired",
    });
  });

  it("count from the issuer's clock, as far as it may differ", async () => {
    const token = await mintToken({ secret, workspace, user: "ada", expiresIn: 60_000 });
    const now = Date.now() + 70_000;
    const strict = createTokenVerifier({ secret, clockTolerance: 0 });
    expect(await strict({ token, workspace, now })).toMatchObject({ code: CloseCode.unauthorized });
    const tolerant = createTokenVerifier({ secret, clockTolerance: 60_000 });
    const verdict = await tolerant({ token, workspace, now });
    expect("expiresAt" in verdict && verdict.expiresAt).toBeGreaterThan(now);
  });
});
