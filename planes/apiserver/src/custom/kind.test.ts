/** Custom resources as a client finds them, from the definition to the end of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, mapAt, textAt } from "../field.ts";
import { type TestAnswer, TestClient } from "../test-client.ts";
import { clientWithGateways, customPaths, gateway, gatewayDefinition } from "./test-definition.ts";

const { definition, definitions, gateways, older } = customPaths;
const merge = { contentType: "application/merge-patch+json" };
const apply = { contentType: "application/apply-patch+yaml" };
const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };

function causesOf({ body }: TestAnswer): readonly string[] {
  return listAt(body, "details", "causes").map(
    (cause) => `${textAt(cause, "field")}: ${textAt(cause, "message")}`,
  );
}

function refusals(more: JsonObject): readonly string[] {
  const answer = clientWithGateways().send(`POST ${gateways}`, gateway("a", more));
  assert.equal(answer.status, 422, JSON.stringify(answer.body));
  return causesOf(answer);
}

describe("a custom resource", () => {
  test("is there when its definition is, and shows the conditions at once", () => {
    const client = clientWithGateways();
    const { body } = client.send(`GET ${definition}`);
    const conditions = listAt(body, "status", "conditions").map((each) => [
      textAt(each, "type"),
      textAt(each, "status"),
      textAt(each, "reason"),
    ]);
    assert.deepEqual(conditions, [
      ["NamesAccepted", "True", "NoConflicts"],
      ["Established", "True", "InitialNamesAccepted"],
    ]);
    assert.deepEqual(fieldAt(body, "status", "acceptedNames"), {
      plural: "gateways",
      singular: "gateway",
      kind: "Gateway",
      listKind: "GatewayList",
      shortNames: ["gw"],
      categories: ["all"],
    });
    assert.deepEqual(fieldAt(body, "status", "storedVersions"), ["v1"]);
    assert.deepEqual(fieldAt(body, "spec", "conversion"), { strategy: "None" });
    const { body: list } = client.send(`GET ${gateways}`);
    assert.equal(textAt(list, "kind"), "GatewayList");
  });

  test("is what discovery names, in both forms", () => {
    const client = clientWithGateways();
    const { body } = client.send("GET /apis/net.example.com/v1");
    assert.deepEqual(
      listAt(body, "resources").map((each) => textAt(each, "name")),
      ["gateways", "gateways/scale", "gateways/status"],
    );
    const { body: group } = client.send("GET /apis/net.example.com");
    assert.equal(textAt(group, "preferredVersion", "version"), "v1");
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const { body: all } = client.send("GET /apis", undefined, { accept });
    const own = listAt(all, "items").find(
      (each) => textAt(each, "metadata", "name") === "net.example.com",
    );
    assert.deepEqual(
      listAt(own, "versions").map((version) => textAt(version, "version")),
      ["v1", "v1beta1"],
    );
    assert.equal(new TestClient().send("GET /apis/net.example.com").status, 404);
  });

  test("has its defaults, and loses what its schema does not know", () => {
    const client = clientWithGateways();
    const { body, warnings } = client.send(
      `POST ${gateways}`,
      gateway("a", {
        colour: "red",
        settings: { any: { thing: 1 } },
        template: {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "x", odd: 1 },
          data: {},
        },
        note: null,
      }),
    );
    assert.deepEqual(warnings, [
      'unknown field "spec.colour"',
      'unknown field "spec.template.metadata.odd"',
    ]);
    assert.deepEqual(fieldAt(body, "spec"), {
      class: "plain",
      listeners: [{ name: "http", port: 80 }],
      minReplicas: 1,
      note: null,
      replicas: 2,
      settings: { any: { thing: 1 } },
      template: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" }, data: {} },
    });
    const strict = client.send(
      `POST ${gateways}?fieldValidation=Strict`,
      gateway("b", { colour: "red" }),
    );
    assert.equal(strict.status, 400);
    assert.match(textAt(strict.body, "message"), /strict decoding error: unknown field "spec/u);
    const ignored = client.send(`POST ${gateways}?fieldValidation=Ignore`, gateway("c", { x: 1 }));
    assert.deepEqual(ignored.warnings, []);
  });

  test("is refused in the words of kube-apiserver", () => {
    assert.deepEqual(refusals({ replicas: "x" }), [
      'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: ' +
        '"string"',
    ]);
    assert.deepEqual(refusals({ replicas: 101 }), [
      "spec.replicas: Invalid value: 101: spec.replicas in body should be less than or equal to " +
        "100",
    ]);
    assert.deepEqual(refusals({ class: "odd" }), [
      'spec.class: Unsupported value: "odd": supported values: "fancy", "plain"',
    ]);
    assert.deepEqual(refusals({ host: "A" }), [
      "spec.host: Invalid value: \"A\": spec.host in body should match '^[a-z.]+$'",
    ]);
    assert.deepEqual(refusals({ host: "a".repeat(21) }), [
      "spec.host: Too long: may not be more than 20 bytes",
    ]);
    assert.deepEqual(refusals({ timeout: "soon" }), [
      'spec.timeout: Invalid value: "soon": spec.timeout in body must be of type duration: "soon"',
    ]);
    assert.deepEqual(refusals({ listeners: [] }), [
      "spec.listeners: Invalid value: 0: spec.listeners in body should have at least 1 items",
    ]);
    assert.deepEqual(refusals({ listeners: [{ port: 1 }] }), [
      "spec.listeners[0].name: Required value",
    ]);
    assert.deepEqual(refusals({ labels: { a: "1", b: "2", c: "3" } }), [
      "spec.labels: Too many: 3: must have at most 2 items",
    ]);
    assert.deepEqual(refusals({ listeners: [{ name: "a" }, { name: "a" }] }), [
      'spec.listeners[1]: Duplicate value: {"name":"a"}',
    ]);
    assert.deepEqual(refusals({ listeners: [{ name: "a", protocols: ["x", "x"] }] }), [
      'spec.listeners[0].protocols[1]: Duplicate value: "x"',
    ]);
    assert.deepEqual(refusals({ template: { data: {} } }), [
      "spec.template.apiVersion: Required value: must not be empty",
      "spec.template.kind: Required value: must not be empty",
    ]);
    assert.deepEqual(refusals({ port: true }), [
      'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: ' +
        '"boolean"',
    ]);
  });

  test("is refused by the rules in CEL, with their field, reason and message", () => {
    assert.deepEqual(refusals({ replicas: 0 }), [
      'spec.replicas: Invalid value: "object": replicas may not be below minReplicas',
    ]);
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    const changed = client.send(`PATCH ${gateways}/a`, { spec: { class: "fancy" } }, merge);
    assert.equal(changed.status, 422);
    assert.deepEqual(causesOf(changed), ["spec: Forbidden: class stays plain"]);
  });

  test("keeps its specification and its status apart", () => {
    const client = clientWithGateways();
    const object = gateway("a");
    const { body } = client.send(`POST ${gateways}`, { ...object, status: { replicas: 9 } });
    assert.equal(fieldAt(body, "status"), undefined);
    assert.equal(fieldAt(body, "metadata", "generation"), 1);
    const stated = client.send(
      `PATCH ${gateways}/a/status`,
      { status: { replicas: 3, selector: "app=a", odd: 1 }, spec: { replicas: 50 } },
      merge,
    );
    assert.deepEqual(fieldAt(stated.body, "status"), { replicas: 3, selector: "app=a" });
    assert.equal(fieldAt(stated.body, "spec", "replicas"), 2);
    assert.equal(fieldAt(stated.body, "metadata", "generation"), 1);
    const wanted = client.send(`PATCH ${gateways}/a`, { spec: { replicas: 4 }, status: {} }, merge);
    assert.equal(fieldAt(wanted.body, "metadata", "generation"), 2);
    assert.equal(fieldAt(wanted.body, "status", "replicas"), 3);
    const wrong = client.send(`PATCH ${gateways}/a/status`, { status: { replicas: "x" } }, merge);
    assert.equal(wrong.status, 422);
  });

  test("is scaled at the paths of its definition", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    client.send(
      `PATCH ${gateways}/a/status`,
      { status: { replicas: 1, selector: "app=a" } },
      merge,
    );
    const { body } = client.send(`GET ${gateways}/a/scale`);
    assert.equal(textAt(body, "apiVersion"), "autoscaling/v1");
    assert.deepEqual(fieldAt(body, "spec"), { replicas: 2 });
    assert.deepEqual(fieldAt(body, "status"), { replicas: 1, selector: "app=a" });
    const scaled = client.send(`PATCH ${gateways}/a/scale`, { spec: { replicas: 7 } }, merge);
    assert.deepEqual(fieldAt(scaled.body, "spec"), { replicas: 7 });
    assert.equal(fieldAt(client.send(`GET ${gateways}/a`).body, "spec", "replicas"), 7);
    assert.equal(client.send(`GET ${older}/a/scale`).status, 404);
  });

  test("is patched by the rules that there are for it", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    const strategic = client.send(
      `PATCH ${gateways}/a`,
      {},
      { contentType: "application/strategic-merge-patch+json" },
    );
    assert.equal(strategic.status, 415);
    assert.equal(
      textAt(strategic.body, "message"),
      "the body of the request was in an unknown format - accepted media types include: " +
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    );
    const json: Json = [{ op: "add", path: "/spec/host", value: "a.b" }];
    const patched = client.send(`PATCH ${gateways}/a`, json, {
      contentType: "application/json-patch+json",
    });
    assert.equal(textAt(patched.body, "spec", "host"), "a.b");
  });

  test("is applied: lists merge by their keys, and fields have owners", () => {
    const client = clientWithGateways();
    const config = (port: number, name: string): JsonObject =>
      gateway("a", { listeners: [{ name, port }] });
    const first = client.send(`PATCH ${gateways}/a?fieldManager=one`, config(1, "http"), apply);
    assert.equal(first.status, 201, JSON.stringify(first.body));
    const second = client.send(`PATCH ${gateways}/a?fieldManager=two`, config(2, "tls"), apply);
    assert.deepEqual(fieldAt(second.body, "spec", "listeners"), [
      { name: "http", port: 1 },
      { name: "tls", port: 2 },
    ]);
    const conflict = client.send(`PATCH ${gateways}/a?fieldManager=two`, config(3, "http"), apply);
    assert.equal(conflict.status, 409);
    assert.match(textAt(conflict.body, "message"), /\.spec\.listeners\[name="http"\]\.port/u);
  });

  test("is shown in the columns of its definition", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    client.send(
      `PATCH ${gateways}/a/status`,
      { status: { conditions: [{ type: "Ready", status: "True" }] } },
      merge,
    );
    client.pass(90_000);
    const { body } = client.send(`GET ${gateways}`, undefined, table);
    assert.deepEqual(
      listAt(body, "columnDefinitions").map((column) => textAt(column, "name")),
      ["Name", "Class", "Ready", "Replicas", "Age"],
    );
    assert.deepEqual(fieldAt(body, "rows", 0, "cells"), ["a", "plain", "True", 2, "90s"]);
    const { body: plain } = client.send(`GET ${older}`, undefined, table);
    assert.deepEqual(fieldAt(plain, "rows", 0, "cells"), ["a", "90s"]);
  });

  test("can be selected by the fields that its definition names", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    client.send(`POST ${gateways}`, gateway("b", { class: "fancy" }));
    const { body } = client.send(`GET ${gateways}?fieldSelector=spec.class%3Dfancy`);
    assert.deepEqual(
      listAt(body, "items").map((item) => textAt(item, "metadata", "name")),
      ["b"],
    );
    assert.equal(client.send(`GET ${gateways}?fieldSelector=spec.host%3Da`).status, 400);
  });

  test("is one object in each version, and an old version says that it is old", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    const { body, warnings } = client.send(`GET ${older}/a`);
    assert.equal(textAt(body, "apiVersion"), "net.example.com/v1beta1");
    assert.deepEqual(warnings, [
      "net.example.com/v1beta1 Gateway is deprecated; use net.example.com/v1 Gateway",
    ]);
    const wanted = { ...gateway("a", { replicas: 5 }), apiVersion: "net.example.com/v1beta1" };
    const put = client.send(`PUT ${older}/a`, wanted);
    assert.equal(put.status, 200, JSON.stringify(put.body));
    const kept = client.send(`GET ${gateways}/a`).body;
    assert.equal(textAt(kept, "apiVersion"), "net.example.com/v1");
    assert.equal(fieldAt(kept, "spec", "replicas"), 5);
    assert.equal(fieldAt(kept, "metadata", "generation"), 2);
  });

  test("has a status with the rest where its version has no subresource for it", () => {
    const client = clientWithGateways();
    const object = {
      ...gateway("a"),
      apiVersion: "net.example.com/v1beta1",
      status: { replicas: 4 },
    };
    client.send(`POST ${older}`, object);
    assert.deepEqual(fieldAt(client.send(`GET ${older}/a`).body, "status"), { replicas: 4 });
  });

  test("is watched in the version that is asked for", () => {
    const client = clientWithGateways();
    const watch = client.watch(`${older}?watch=true`);
    client.send(`POST ${gateways}`, gateway("a"));
    client.send(`PATCH ${gateways}/a`, { spec: { replicas: 3 } }, merge);
    client.send(`DELETE ${gateways}/a`);
    assert.deepEqual(
      watch.events.map(({ type, object }) => [type, textAt(object, "apiVersion")]),
      [
        ["ADDED", "net.example.com/v1beta1"],
        ["MODIFIED", "net.example.com/v1beta1"],
        ["DELETED", "net.example.com/v1beta1"],
      ],
    );
  });

  test("has a new default when it is read, without having been written", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    const path = "/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties";
    const patch = [
      { op: "add", path: `${path}/host/default`, value: "new.example" },
      { op: "remove", path: `${path}/minReplicas` },
      {
        op: "remove",
        path: "/spec/versions/1/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations",
      },
    ];
    const changed = client.send(`PATCH ${definition}`, patch, {
      contentType: "application/json-patch+json",
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const { body } = client.send(`GET ${gateways}/a`);
    assert.equal(textAt(body, "spec", "host"), "new.example");
    assert.equal(fieldAt(body, "spec", "minReplicas"), undefined);
  });

  test("is not corrected where nobody has changed it", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a", { host: "a.b" }));
    const path = "/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties/host/pattern";
    client.send(`PATCH ${definition}`, [{ op: "replace", path, value: "^z+$" }], {
      contentType: "application/json-patch+json",
    });
    const labelled = client.send(
      `PATCH ${gateways}/a`,
      { metadata: { labels: { x: "y" } } },
      merge,
    );
    assert.equal(labelled.status, 200, JSON.stringify(labelled.body));
    assert.equal(client.send(`PATCH ${gateways}/a`, { spec: { host: "b" } }, merge).status, 422);
  });

  test("is not made while its definition is being deleted", () => {
    const client = clientWithGateways();
    client.send(`POST ${gateways}`, gateway("a"));
    const deleted = client.send(`DELETE ${definition}`);
    assert.deepEqual(fieldAt(deleted.body, "metadata", "finalizers"), [
      "customresourcecleanup.apiextensions.k8s.io",
    ]);
    const refused = client.send(`POST ${gateways}`, gateway("b"));
    assert.equal(refused.status, 403);
    assert.match(textAt(refused.body, "message"), /create not allowed while custom resource/u);
    const conditions = listAt(deleted.body, "status", "conditions");
    assert(conditions.some((each) => textAt(each, "type") === "Terminating"));
  });

  test("is described by OpenAPI, whose hash changes with the definition", () => {
    const client = clientWithGateways();
    const index = (): string =>
      textAt(
        client.send("GET /openapi/v3").body,
        "paths",
        "apis/net.example.com/v1",
        "serverRelativeURL",
      );
    const before = index();
    const { body } = client.send("GET /openapi/v3/apis/net.example.com/v1");
    const schemas = mapAt(body, "components", "schemas");
    const own = mapAt(schemas, "com.example.net.v1.Gateway");
    assert.equal(textAt(own, "properties", "spec", "description"), "What is wanted.");
    assert.deepEqual(fieldAt(own, "x-kubernetes-group-version-kind"), [
      { group: "net.example.com", version: "v1", kind: "Gateway" },
    ]);
    assert("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" in schemas);
    const path = "/spec/versions/1/schema/openAPIV3Schema/description";
    client.send(`PATCH ${definition}`, [{ op: "replace", path, value: "Another." }], {
      contentType: "application/json-patch+json",
    });
    assert.notEqual(index(), before);
  });

  test("of two definitions that want a name the older one has it", () => {
    const client = clientWithGateways();
    const other = gatewayDefinition({
      names: { plural: "doors", kind: "Gateway", listKind: "DoorList" },
    });
    client.pass(1000);
    const { body } = client.send(`POST ${definitions}`, {
      ...other,
      metadata: { name: "doors.net.example.com" },
    });
    const accepted = fieldAt(body, "status", "conditions", 0);
    assert.equal(textAt(accepted, "reason"), "KindConflict");
    assert.equal(textAt(accepted, "message"), '"Gateway" is already in use');
    assert.equal(client.send("GET /apis/net.example.com/v1/doors").status, 404);
    assert.equal(client.send(`GET ${gateways}`).status, 200);
  });

  test("remembers in which versions it was ever kept", () => {
    const client = clientWithGateways();
    const patch = [
      { op: "replace", path: "/spec/versions/0/storage", value: true },
      { op: "replace", path: "/spec/versions/1/storage", value: false },
    ];
    const type = { contentType: "application/json-patch+json" };
    client.send(`PATCH ${definition}`, patch, type);
    const stored = (): unknown =>
      fieldAt(client.send(`GET ${definition}`).body, "status", "storedVersions");
    assert.deepEqual(stored(), ["v1", "v1beta1"]);
    const gone = client.send(
      `PATCH ${definition}`,
      [{ op: "remove", path: "/spec/versions/1" }],
      type,
    );
    assert.equal(gone.status, 422);
    assert.match(textAt(gone.body, "message"), /v1 was previously a storage version/u);
    const migrated = { status: { storedVersions: ["v1beta1"] } };
    client.send(`PATCH ${definition}/status`, migrated, merge);
    assert.deepEqual(stored(), ["v1beta1"]);
    const removed = client.send(
      `PATCH ${definition}`,
      [{ op: "remove", path: "/spec/versions/1" }],
      type,
    );
    assert.equal(removed.status, 200, JSON.stringify(removed.body));
  });

  test("costs nobody else's time: a rule that loops over loops ends", () => {
    const client = new TestClient();
    const all = "self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))";
    const schema = {
      type: "object",
      properties: {
        spec: {
          type: "object",
          "x-kubernetes-validations": [{ rule: all }],
          properties: { list: { type: "array", items: { type: "integer" } } },
        },
      },
    };
    const versions = [
      { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } },
    ];
    const made = client.send(`POST ${definitions}`, gatewayDefinition({ versions }));
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const list = Array.from({ length: 5000 }, (_, index) => index);
    const object = { ...gateway("a"), spec: { list } };
    const answer = client.send(`POST ${gateways}`, object);
    assert.equal(answer.status, 422);
    assert.match(causesOf(answer)[0] ?? "", /running out of cost budget/u);
  });
});
