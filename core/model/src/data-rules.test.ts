import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

function check(kind: string, rest: object): string[] {
  const resource = resourceOfKind("v1", kind);
  assert(resource);
  const body = { apiVersion: "v1", kind, metadata: { name: "a" }, ...rest };
  return validate(resource, body).map(({ field, message }) => `${field}: ${message.slice(0, 40)}`);
}

describe("rules of data", () => {
  test("keys can be file names", () => {
    assert.deepEqual(
      check("ConfigMap", { data: { "a.b_C-1": "" }, binaryData: { c: "aGk=" } }),
      [],
    );
    assert.deepEqual(check("ConfigMap", { data: { "a/b": "" } }), [
      'data[a/b]: Invalid value: "a/b": a valid config key',
    ]);
    assert.equal(check("Secret", { stringData: { "..": "" } }).length, 1);
  });

  test("a key stands for one value", () => {
    assert.equal(check("ConfigMap", { data: { a: "" }, binaryData: { a: "" } }).length, 1);
  });

  test("there is not too much of it", () => {
    assert.deepEqual(check("ConfigMap", { data: { a: "x".repeat(1_400_000) } }), [
      "data: Too long: may not be more than 1048576 b",
    ]);
  });

  test("a secret of a type has what the type says", () => {
    assert.deepEqual(check("Secret", { type: "kubernetes.io/tls", data: { "tls.crt": "" } }), [
      "data[tls.key]: Required value",
    ]);
    const config = { ".dockerconfigjson": "{}" };
    const type = "kubernetes.io/dockerconfigjson";
    assert.deepEqual(check("Secret", { type, stringData: config }), []);
  });
});
