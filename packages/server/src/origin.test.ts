import { describe, expect, it } from "vitest";
import { isOrigin, isOriginAllowed } from "./origin.ts";

const host = "127.0.0.1:8787";

describe("origins", () => {
  it("programs outside of browsers have none and may connect", () => {
    const policy = { origins: ["https://app.example.org"], anonymousAccess: true };
    expect(isOriginAllowed({ origin: undefined, host }, policy)).toBe(true);
  });

  it("a list is exact", () => {
    const policy = { origins: ["https://app.example.org"], anonymousAccess: false };
    const allowed = (origin: string) => isOriginAllowed({ origin, host }, policy);
    expect(allowed("https://app.example.org")).toBe(true);
    expect(allowed("http://app.example.org")).toBe(false);
    expect(allowed("https://app.example.org.evil.example")).toBe(false);
    expect(allowed("null")).toBe(false);
  });

  it("with tokens, any page may try", () => {
    const policy = { origins: undefined, anonymousAccess: false };
    expect(isOriginAllowed({ origin: "https://anywhere.example", host }, policy)).toBe(true);
  });

  it("with anonymous access, only pages of this machine or address may", () => {
    const policy = { origins: undefined, anonymousAccess: true };
    const allowed = (origin: string, at = host) => isOriginAllowed({ origin, host: at }, policy);
    expect(allowed("http://localhost:5173")).toBe(true);
    expect(allowed("http://127.0.0.1:5173")).toBe(true);
    expect(allowed("http://[::1]:5173")).toBe(true);
    expect(allowed("http://192.168.1.5:5173", "192.168.1.5:8787")).toBe(true);
    expect(allowed("http://192.168.1.6:5173", "192.168.1.5:8787")).toBe(false);
    expect(allowed("https://evil.example")).toBe(false);
    expect(allowed("https://evil.example", "evil.example:8787")).toBe(false);
    expect(allowed("http://127.evil.example")).toBe(false);
    expect(allowed("null")).toBe(false);
    expect(
      isOriginAllowed({ origin: "https://x.example", host }, { ...policy, origins: ["*"] }),
    ).toBe(true);
  });

  it("knows what an origin looks like", () => {
    expect(["*", "https://a.example", "http://127.0.0.1:80801"].map(isOrigin)).toEqual([
      true,
      true,
      false,
    ]);
    expect(["a.example", "https://a.example/", "https://a.example/x", ""].some(isOrigin)).toBe(
      false,
    );
  });
});
