import assert from "node:assert/strict";
import { test } from "node:test";
import { isKubeObject, ResourceBook } from "@beemesh/model";
import { asKept, asVersion } from "./conversion.ts";
import { gatewayDefinition } from "./test-definition.ts";

const book = new ResourceBook();
const definition = gatewayDefinition();
assert(isKubeObject(definition));
book.learn(definition);
const newer = book.serving("net.example.com", "v1", "gateways");
const older = book.serving("net.example.com", "v1beta1", "gateways");
assert(newer && older);

test("a record is of the version that is asked for, with its defaults, and made once", () => {
  const record = {
    apiVersion: "net.example.com/v1",
    kind: "Gateway",
    metadata: { name: "a" },
    spec: { odd: 1 },
  };
  const shown = asVersion(older, record);
  assert.equal(shown.apiVersion, "net.example.com/v1beta1");
  assert.deepEqual(shown.spec, { class: "plain", minReplicas: 1, replicas: 2 });
  assert.equal(asVersion(older, record), shown);
  assert.equal(asVersion(older, shown), shown);
  assert.equal(asKept(older, shown).apiVersion, "net.example.com/v1");
});
