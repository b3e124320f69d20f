import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";

const client = new TestClient();

test("health and version are told to everybody", () => {
  const user = { name: "system:anonymous", groups: ["system:unauthenticated"] };
  for (const path of ["/healthz", "/livez", "/readyz", "/livez/ping"]) {
    assert.equal(client.send(`GET ${path}`, undefined, { user }).body, "ok");
  }
  const { body } = client.send("GET /version", undefined, { user });
  assert.match(textAt(body, "gitVersion"), /^v1\.\d+\.\d+\+beemesh$/u);
  assert.equal(client.send("GET /openapi/v3", undefined, { user }).status, 403);
});

test("OpenAPI v3 is listed by group and version, each where the list says", () => {
  const { body } = client.send("GET /openapi/v3");
  const url = textAt(fieldAt(body, "paths"), "apis/apps/v1", "serverRelativeURL");
  assert.match(url, /^\/openapi\/v3\/apis\/apps\/v1\?hash=/u);
  assert.equal(client.send(`GET ${url}`).status, 200);
  assert.equal(client.send("GET /openapi/v3/api/v1").status, 200);
  assert.equal(client.send("GET /openapi/v3/apis/no/v1").status, 404);
});

test("the root lists paths", () => {
  assert.equal(textAt(client.send("GET /").body, "paths", 0), "/api");
});
