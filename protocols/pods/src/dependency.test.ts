import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { type Dependency, dataOf, textOf } from "./dependency.ts";

const secret: Dependency = { resource: "secrets", namespace: "default", name: "key" };
const object: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "key", namespace: "default" },
  data: { word: "aG9uZXk=", binary: "//4=" },
};

describe("textOf", () => {
  test("decodes a Secret's value", () => {
    assert.deepEqual(
      textOf(() => object, secret, "word"),
      { ok: true, value: "honey" },
    );
  });

  test("says in the kubelet's words what is missing", () => {
    const message = (result: ReturnType<typeof textOf>): string =>
      result.ok ? "" : result.missing.message;
    assert.equal(message(textOf(() => undefined, secret, "word")), 'secret "key" not found');
    assert.equal(
      message(textOf(() => object, secret, "x")),
      "couldn't find key x in Secret default/key",
    );
    assert.match(message(textOf(() => object, secret, "binary")), /is no text/u);
  });
});

test("dataOf encodes the text of a ConfigMap and keeps its binary data", () => {
  const map = { ...object, kind: "ConfigMap", data: { a: "honey" }, binaryData: { b: "//4=" } };
  const data = dataOf(() => map, { ...secret, resource: "configmaps" });
  assert.deepEqual(data.ok && [...data.value], [
    ["a", "aG9uZXk="],
    ["b", "//4="],
  ]);
});
