import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import fc from "fast-check";
import { textAt } from "./field.ts";
import { placeObject, readObject } from "./object-body.ts";
import { type TestAnswer, TestClient } from "./test-client.ts";
import { configMapManifest, paths } from "./test-object.ts";

const resource = findResource("", "configmaps");
assert(resource);
const destination = { resource, namespace: "default", name: "" };
const strict = { fieldValidation: "Strict" } as const;

function messageOf(body: unknown, place: object = {}): string {
  const outcome = readObject(body, { ...destination, ...place }, strict);
  return outcome.ok ? "" : (outcome.status.message ?? "");
}

describe("readObject", () => {
  test("fills in kind, version, namespace and name from the path", () => {
    const outcome = placeObject({ metadata: null }, { ...destination, name: "conf" });
    assert(outcome.ok);
    assert.deepEqual(outcome.value, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "conf", namespace: "default" },
    });
  });

  test("refuses another kind, version, namespace or name than the path's", () => {
    const manifest = configMapManifest("conf");
    assert.match(messageOf({ ...manifest, kind: "Pod" }), /Pod in version "v1" cannot be handled/u);
    assert.match(messageOf({ ...manifest, apiVersion: "v2" }), /\(v2\) does not match/u);
    const away = { ...manifest, metadata: { name: "conf", namespace: "away" } };
    assert.match(messageOf(away), /the namespace of the provided object does not match/u);
    assert.match(
      messageOf(manifest, { name: "x" }),
      /\(conf\) does not match the name on the URL/u,
    );
  });

  test("a whole object with a field of another type is a bad request, however it is sent", () => {
    const client = new TestClient();
    client.send(`POST ${paths.configMaps}`, configMapManifest("conf"));
    const wrong = { ...configMapManifest("conf"), data: { a: 1 } };
    const apply = { contentType: "application/apply-patch+yaml" };
    for (const answer of [
      client.send(`POST ${paths.configMaps}`, wrong),
      client.send(`PUT ${paths.configMaps}/conf`, wrong),
      client.send(`PATCH ${paths.configMaps}/conf?fieldManager=me`, wrong, apply),
    ]) {
      assert.equal(answer.status, 400);
      assert.equal(
        textAt(answer.body, "message"),
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal ' +
          "number 1 into Go struct field ConfigMap.data of type string",
      );
    }
  });

  for (const [metadata, member] of [
    [7, "metadata"],
    [{ name: 7 }, "name"],
    [{ labels: { a: 1 } }, "labels"],
    [{ annotations: [] }, "annotations"],
    [{ finalizers: "x" }, "finalizers"],
    [{ ownerReferences: [{ name: "x" }] }, "ownerReferences"],
  ] as const) {
    test(`refuses metadata ${JSON.stringify(metadata)}`, () => {
      assert.match(messageOf({ metadata }), new RegExp(member, "u"));
    });
  }

  test("gives an object or a 400 for any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const outcome = readObject(body, destination, strict);
        assert(outcome.ok || outcome.status.code === 400);
      }),
    );
  });
});

test("a field that the body has twice is refused, told of or passed over, as asked", () => {
  const client = new TestClient();
  const doubled = ['duplicate field "data.a"'];
  const send = (name: string, validation: string): TestAnswer =>
    client.send(
      `POST ${paths.configMaps}?fieldValidation=${validation}`,
      configMapManifest(name, { a: "2" }),
      { doubled },
    );
  const refused = send("x", "Strict");
  assert.equal(refused.status, 400);
  const text = textAt(refused.body, "message");
  assert.match(text, /strict decoding error: duplicate field "data.a"/u);
  assert.deepEqual(send("y", "Warn").warnings, ['duplicate field "data.a"']);
  assert.deepEqual(send("z", "Ignore").warnings, []);
});
