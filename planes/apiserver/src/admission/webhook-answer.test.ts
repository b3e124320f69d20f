import assert from "node:assert/strict";
import { test } from "node:test";
import { textAt } from "../field.ts";
import { configMapManifest, paths } from "../test-object.ts";
import { allowing, clientOfHooks, hookName, hookOf, rulesFor } from "./test-webhook.ts";

test("the warnings of all who were asked are told, each once, also with a refusal", () => {
  const rules = rulesFor("configmaps", "CREATE");
  const hooks = ["a", "b", "c"].map((name) => hookOf(`${name}.example.com`, rules));
  const client = clientOfHooks("Validating", ...hooks);
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
