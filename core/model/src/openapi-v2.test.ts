import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { objectAt, objectsAt, textAt } from "./members.ts";
import { openApiV2, openApiV2Document, openApiV2Tag } from "./openapi-v2.ts";
import { resources } from "./resource.ts";

const document = openApiV2Document();
const definitions = objectAt(document, "definitions") ?? {};
const pod = objectAt(definitions, "io.k8s.api.core.v1.PodSpec", "properties") ?? {};

describe("openApiV2", () => {
  test("defines every served kind, and all that it refers to", () => {
    const text = JSON.stringify(document);
    for (const { group, version, kind } of resources) {
      const name = JSON.stringify({ group, version, kind });
      assert(text.includes(`"x-kubernetes-group-version-kind":[${name}]`), kind);
    }
    for (const [, name = ""] of text.matchAll(/"\$ref":"([^"]+)"/gu)) {
      assert(name.startsWith("#/definitions/") && name.slice(14) in definitions, name);
    }
  });

  test("speaks v2: plain references, one type a value, no defaults", () => {
    // Of the schemas of CustomResourceDefinitions, these are names of members.
    assert(!/"(?:allOf|oneOf)":\[/u.test(JSON.stringify(definitions)));
    const port = objectAt(definitions, "io.k8s.api.core.v1.ContainerPort", "properties");
    assert.equal(objectAt(port, "protocol")?.["default"], undefined);
    assert.deepEqual(pod["securityContext"], {
      $ref: "#/definitions/io.k8s.api.core.v1.PodSecurityContext",
    });
    assert.deepEqual(pod["containers"], {
      type: "array",
      items: { $ref: "#/definitions/io.k8s.api.core.v1.Container" },
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    });
    assert.deepEqual(definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"], {
      format: "int-or-string",
      type: "string",
    });
  });

  test("says of a path what is sent, what is answered, and whether dry runs are known", () => {
    const path = "/apis/apps/v1/namespaces/{namespace}/deployments";
    const post = objectAt(document, "paths", path, "post");
    const [body, dryRun] = objectsAt(post, "parameters");
    const schema = { $ref: "#/definitions/io.k8s.api.apps.v1.Deployment" };
    assert.deepEqual(body, { in: "body", name: "body", required: true, schema });
    assert.deepEqual(dryRun, { in: "query", name: "dryRun", type: "string", uniqueItems: true });
    assert.deepEqual(objectAt(post, "responses", "200"), { description: "OK", schema });
    assert.equal(textAt(post, "x-kubernetes-action"), "post");
    const patch = objectAt(document, "paths", `${path}/{name}`, "patch");
    assert(JSON.stringify(patch?.["consumes"]).includes("strategic-merge-patch+json"));
    const [name] = objectsAt(objectAt(document, "paths", `${path}/{name}`), "parameters");
    assert.equal(textAt(name, "in"), "path");
  });

  test("holds what is served beyond, and has another tag then", () => {
    const additions = {
      paths: { "/apis/bees.example/v1/hives": {} },
      definitions: { "example.bees.v1.Hive": { type: "object" } },
    } as const;
    const made = openApiV2(additions);
    assert(made.json.includes('"/apis/bees.example/v1/hives":{}'));
    assert(made.json.includes('"example.bees.v1.Hive":{"type":"object"}'));
    assert(Buffer.from(made.protobuf).includes("example.bees.v1.Hive"));
    assert.equal(openApiV2Tag(additions), made.etag);
    assert.notEqual(openApiV2Tag(), made.etag);
    assert.equal(openApiV2Tag(), openApiV2().etag);
  });
});
