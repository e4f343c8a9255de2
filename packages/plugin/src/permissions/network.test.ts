import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allowsRequest, network, type NetworkGrant, urlProblem } from "./network.ts";

const grant = (paths: readonly string[], methods: readonly string[] = ["GET"]): NetworkGrant =>
  network.parse({ origin: "https://api.example.com", paths, methods });

/** Whether a GET of `text` passes, as the host decides. */
function passes(text: string, ...paths: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return urlProblem(url) === undefined && allowsRequest([grant(paths)], "GET", url);
}

describe("a request", () => {
  it.each([
    ["https://api.example.com/v1/words", "/v1/*"],
    ["https://api.example.com:443/v1/words?q=/../x#y", "/v1/*"],
    ["https://API.example.com/v1/words", "/v1/*"],
    ["https://api.example.com", "/**"],
    ["https://api.example.com/v1/a/b/", "/v1/**"],
    ["https://api.example.com/v1/a%20b", "/v1/*"],
    ["https://api.example.com/v1/x/../y", "/v1/y"],
    ["https://api.example.com/v1/", "/v1/"],
  ])("passes: %s by %s", (url, path) => expect(passes(url, path)).toBe(true));

  it.each([
    ["another scheme", "http://api.example.com/v1/a", "/**"],
    ["another port", "https://api.example.com:444/v1/a", "/**"],
    ["another host", "https://api.example.com.evil.example/v1/a", "/**"],
    ["a host with a dot at its end", "https://api.example.com./v1/a", "/**"],
    ["the host as a name", "https://api.example.com@evil.example/v1/a", "/**"],
    ["a name and a password", "https://ada:secret@api.example.com/v1/a", "/**"],
    ["a backslash before the host", "https:\\\\evil.example\\@api.example.com/", "/**"],
    ["letters that look alike", "https://api.ex\u0430mple.com/v1/a", "/**"],
    ["another path", "https://api.example.com/v2/a", "/v1/*"],
    ["a deeper path", "https://api.example.com/v1/a/b", "/v1/*"],
    ["no segment", "https://api.example.com/v1/", "/v1/*"],
    ["the path above", "https://api.example.com/v1", "/v1/**"],
    ["dots", "https://api.example.com/v1/../admin", "/v1/**"],
    ["encoded dots", "https://api.example.com/v1/%2e%2e/admin", "/v1/**"],
    ["a backslash", "https://api.example.com/v1\\..\\admin", "/v1/**"],
    ["an encoded slash", "https://api.example.com/v1/..%2fadmin", "/v1/**"],
    ["an encoded backslash", "https://api.example.com/v1/..%5Cadmin", "/v1/**"],
    ["twice encoded dots", "https://api.example.com/v1/%252e%252e/admin", "/v1/**"],
    ["thrice encoded slashes", "https://api.example.com/v1/x%25252Fadmin", "/v1/**"],
    ["dots with a parameter", "https://api.example.com/v1/..;a=b/admin", "/v1/**"],
    ["an empty segment", "https://api.example.com/v1//admin", "/v1/**"],
    ["a null", "https://api.example.com/v1/a%00", "/v1/**"],
    ["a path in other letters", "https://api.example.com/V1/a", "/v1/**"],
    ["data", "data:text/plain,x", "/**"],
    ["a file", "file:///etc/passwd", "/**"],
    ["a blob", "blob:https://api.example.com/v1", "/**"],
  ])("does not pass: %s", (_what, url, path) => expect(passes(url, path)).toBe(false));

  it("passes by one of several paths, and by its method only", () => {
    expect(passes("https://api.example.com/b", "/a", "/b")).toBe(true);
    const url = new URL("https://api.example.com/a");
    const grants = [grant(["/a"], ["POST"]), grant(["/b"], ["GET"])];
    expect(allowsRequest(grants, "POST", url)).toBe(true);
    expect(allowsRequest(grants, "GET", url)).toBe(false);
    expect(allowsRequest(grants, "post", url)).toBe(false);
  });
});

const piece = fc.constantFrom(
  ..."/ // .. . ; %2e %2F %5c %25 %252f \\ @ : ? # v1 admin a * ** %00 \t evil.example".split(" "),
);
const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

describe("whatever is written after the origin", () => {
  it("only reaches what is below a granted path, however often a server decodes it", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const written = `https://api.example.com${text}`;
        if (!passes(written, "/v1/**")) return;
        const url = new URL(written);
        expect(url.host).toBe("api.example.com");
        let path = url.pathname;
        for (let round = 0; round < 4; round++) {
          // As the most generous of servers reads it.
          const read = new URL(path.replaceAll("\\", "/").replace(/;[^/]*/g, ""), url.origin);
          expect(read.pathname.replace(/\/+/g, "/")).toMatch(/^\/v1\//);
          try {
            path = decodeURIComponent(path);
          } catch {
            break;
          }
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("is judged as it is sent: writing the URL anew changes nothing", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const written = `https://api.example.com/${text}`;
        if (!URL.canParse(written)) return;
        const { href } = new URL(written);
        expect(passes(href, "/v1/**")).toBe(passes(written, "/v1/**"));
        expect(new URL(href).href).toBe(href);
      }),
    );
  });
});

describe("a grant within what is asked for", () => {
  const segments = fc.array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 3 });
  const pattern = fc
    .tuple(segments, fc.boolean())
    .map(([parts, open]) => `/${[...parts, ...(open ? ["**"] : [])].join("/")}`);
  const path = fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 })
    .map((parts) => `https://api.example.com/${parts.join("/")}`);

  it("reaches nothing else", () => {
    fc.assert(
      fc.property(pattern, pattern, path, (wide, narrow, url) => {
        const isWithin = network.isWithin(grant([narrow]), grant([wide]));
        return !isWithin || !passes(url, narrow) || passes(url, wide);
      }),
      { numRuns: 3_000 },
    );
  });

  it("has its origin, and none of other methods", () => {
    expect(network.isWithin(grant(["/a"]), grant(["/*"], ["GET", "POST"]))).toBe(true);
    expect(network.isWithin(grant(["/a"], ["POST"]), grant(["/*"]))).toBe(false);
    const other = network.parse({ origin: "https://api.example.org", paths: ["/a"] });
    expect(network.isWithin(other, grant(["/*"]))).toBe(false);
  });
});
