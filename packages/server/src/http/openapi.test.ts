/** The OpenAPI document says what the server does. */

import { Validator } from "@seriousme/openapi-schema-validator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "@croft/core";
import { AdminRig } from "../testing/admin-rig.ts";
import { adminRoutes } from "./admin/routes.ts";
import { createOpenApi, type OpenApi, pathOf } from "./openapi.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = new AdminRig();
  await rig.start();
});
afterEach(() => rig.dispose());

async function readDocument(): Promise<OpenApi> {
  const answer = await fetch(`${rig.server.url}/api/openapi.json`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as OpenApi;
}

describe("the OpenAPI document", () => {
  it("is one, of version 3.1", async () => {
    const validator = new Validator();
    const result = await validator.validate({ ...(await readDocument()) });
    expect(result).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("has all that the server answers, and nothing that it does not", async () => {
    const { paths } = await readDocument();
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).flatMap((method) => (method === "parameters" ? [] : [[method, path]])),
    );
    expect(operations.length).toBeGreaterThan(20);
    for (const [method = "", path = ""] of operations) {
      const asked = path.replaceAll(/\{\w+\}/g, (name) => (name === "{workspace}" ? "acme" : "a"));
      const { status } = await fetch(`${rig.server.url}${asked}`, { method: method.toUpperCase() });
      expect([method, path, status]).toEqual([method, path, 401]);
    }
    // Every route that there is: those of documents, and these.
    const own = adminRoutes({
      settings: { clock: systemClock, log: () => undefined },
      authenticate: () => Promise.reject(new Error("nobody is asked")),
    });
    for (const route of own) {
      expect(paths[pathOf(route)]).toHaveProperty(route.method.toLowerCase());
    }
    const others = Object.keys(paths).filter((path) => !own.some((each) => pathOf(each) === path));
    expect(others).toEqual(
      expect.arrayContaining(["/api/{workspace}/documents", "/api/{workspace}/documents/{path}"]),
    );
    const { paths: made } = createOpenApi(own);
    for (const path of Object.keys(made)) expect(paths[path]).toEqual(made[path]);
  });

  it("tells of each answer that its name is one schema's, and that it is there", async () => {
    const document = await readDocument();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference = ""]) => reference,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) {
      const name = reference.replace("#/components/schemas/", "");
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).flatMap((each) => (each as { operationId?: string }).operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
