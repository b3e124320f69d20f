import assert from "node:assert/strict";
import { test } from "node:test";
import { textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { configMapManifest, paths } from "../test-object.ts";
import {
  admissionPaths,
  allowing,
  configurationOf,
  hookName,
  hookOf,
  rulesFor,
} from "./test-webhook.ts";

test("the warnings of all who were asked are told, each once, also with a refusal", () => {
  const client = new TestClient();
  const rules = rulesFor("configmaps", "CREATE");
  const hooks = ["a", "b", "c"].map((name) => hookOf(`${name}.example.com`, rules));
  client.send(`POST ${admissionPaths.validating}`, configurationOf("Validating", "v", ...hooks));
  client.webhook = (call) => {
    const isLast = hookName(call) === "c.example.com";
    return allowing(call, { allowed: !isLast, warnings: [isLast ? "no" : "hm", ""] });
  };
  const { status, warnings, body } = client.send(
    `POST ${paths.configMaps}`,
    configMapManifest("x"),
  );
  assert.equal(status, 400);
  assert.match(textAt(body, "message"), /webhook "c\.example\.com" denied/u);
  assert.deepEqual(warnings, ["hm", "no"]);
});
