import assert from "node:assert/strict";
import { test } from "node:test";
import { isKubeObject } from "@beemesh/model";
import type { Json, JsonObject } from "@beemesh/wire";
import { withDefinitionDefaults } from "./definition.ts";
import { definitionCauses } from "./definition-rules.ts";
import { gatewayDefinition } from "./test-definition.ts";

function texts(spec: JsonObject, metadata: JsonObject = {}): readonly string[] {
  const json = gatewayDefinition(spec);
  const object: Json = { ...json, metadata: { name: "gateways.net.example.com", ...metadata } };
  assert(isKubeObject(object));
  const causes = definitionCauses(withDefinitionDefaults(object));
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

const schema = { openAPIV3Schema: { type: "object" } };
const v1 = { name: "v1", served: true, storage: true, schema };

test("a definition that is right has nothing wrong with it", () => {
  assert.deepEqual(texts({}), []);
});

test("names are those of the record, and labels", () => {
  assert.deepEqual(texts({}, { name: "x" }), [
    'metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group',
  ]);
  const names = { plural: "gateways", kind: "Gate_way", listKind: "Gate_way", shortNames: ["G"] };
  const found = texts({ names }).join("\n");
  assert.match(
    found,
    /spec\.names\.kind: .*may have mixed case, but should otherwise match: a DNS-1035/u,
  );
  assert.match(found, /spec\.names\.shortNames\[0\]: Invalid value: "G"/u);
  assert.match(found, /kind and listKind may not be the same/u);
});

test("groups are domains, and protected ones need an approval", () => {
  assert.match(texts({ group: "example" }).join(), /should be a domain with at least one dot/u);
  const group = "x.k8s.io";
  const name = `gateways.${group}`;
  assert.match(
    texts({ group }, { name }).join(),
    /protected groups must have approval annotation/u,
  );
  const annotations = { "api-approved.kubernetes.io": "unapproved, a test" };
  assert.deepEqual(texts({ group }, { name, annotations }), []);
});

test("one version is kept, and each has a schema", () => {
  assert.match(
    texts({ versions: [{ ...v1, storage: false }] }).join(),
    /exactly one version marked as storage/u,
  );
  assert.match(texts({ versions: [v1, v1] }).join(), /must contain unique version names/u);
  const { schema: _, ...bare } = v1;
  assert.match(
    texts({ versions: [bare] }).join(),
    /spec\.validation\.openAPIV3Schema: Required value/u,
  );
  const other = { ...v1, name: "v2", storage: false, schema: { openAPIV3Schema: {} } };
  assert.deepEqual(texts({ versions: [v1, other] }), [
    "spec.versions[1].schema.openAPIV3Schema.type: Required value: must not be empty at the root",
  ]);
  assert.match(texts({ preserveUnknownFields: true }).join(), /cannot set to true/u);
});

test("subresources, columns and selectable fields point to what is there", () => {
  const found = texts({
    versions: [
      {
        ...v1,
        subresources: { scale: { specReplicasPath: ".status.n", statusReplicasPath: "x" } },
        additionalPrinterColumns: [{ name: "A", type: "odd", jsonPath: ".a[" }],
        selectableFields: [{ jsonPath: ".metadata.name" }, { jsonPath: ".spec.none" }],
      },
    ],
  });
  const value = "Invalid value: ";
  assert.deepEqual(
    found.map((text) => text.replace(value, "")),
    [
      'spec.subresources.scale.specReplicasPath: ".status.n": should be a json path under .spec',
      'spec.subresources.scale.statusReplicasPath: "x": must be a simple json path starting with .',
      'spec.selectableFields[0].jsonPath: ".metadata.name": must not point to fields in metadata',
      'spec.selectableFields[1].jsonPath: ".spec.none": is an invalid path: does not refer to a ' +
        "valid field",
      'spec.additionalPrinterColumns[0].type: "odd": must be one of ' +
        "boolean,date,integer,number,string",
      'spec.additionalPrinterColumns[0].JSONPath: ".a[": unrecognized column definition',
    ],
  );
});

test("what a definition defines stays what it is", () => {
  const before = gatewayDefinition();
  const after = gatewayDefinition({ scope: "Cluster" });
  assert(isKubeObject(before) && isKubeObject(after));
  const causes = definitionCauses(withDefinitionDefaults(after), withDefinitionDefaults(before));
  assert.deepEqual(
    causes.map(({ field, message }) => `${field}: ${message}`),
    ['spec.scope: Invalid value: "Cluster": field is immutable'],
  );
});

test("an unknown conversion is refused, and one by webhook needs its webhook", () => {
  assert.match(texts({ conversion: { strategy: "Odd" } }).join(), /"None", "Webhook"/u);
  assert.match(
    texts({ conversion: { strategy: "Webhook" } }).join(),
    /required when strategy is set/u,
  );
});
