/** A definition that uses most of what definitions can say, for tests. */
import type { JsonObject } from "@beemesh/wire";
import { TestClient } from "../test-client.ts";

/** Where the tests' definitions and objects are. */
export const customPaths = {
  definitions: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  definition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gateways.net.example.com",
  gateways: "/apis/net.example.com/v1/namespaces/default/gateways",
  older: "/apis/net.example.com/v1beta1/namespaces/default/gateways",
} as const;

const spec: JsonObject = {
  type: "object",
  required: ["listeners"],
  "x-kubernetes-validations": [
    {
      rule: "self.minReplicas <= self.replicas",
      message: "replicas may not be below minReplicas",
      fieldPath: ".replicas",
    },
    {
      rule: "self.class == oldSelf.class",
      messageExpression: "'class stays ' + oldSelf.class",
      reason: "FieldValueForbidden",
    },
  ],
  properties: {
    class: { type: "string", default: "plain", enum: ["plain", "fancy"] },
    replicas: { type: "integer", format: "int32", default: 2, minimum: 0, maximum: 100 },
    minReplicas: { type: "integer", default: 1 },
    host: { type: "string", pattern: "^[a-z.]+$", maxLength: 20 },
    timeout: { type: "string", format: "duration" },
    note: { type: "string", nullable: true },
    port: { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true },
    settings: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    labels: { type: "object", additionalProperties: { type: "string" }, maxProperties: 2 },
    template: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: { data: { type: "object", additionalProperties: { type: "string" } } },
    },
    listeners: {
      type: "array",
      minItems: 1,
      maxItems: 3,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        required: ["name"],
        properties: {
          name: { type: "string" },
          port: { type: "integer", default: 80 },
          protocols: {
            type: "array",
            "x-kubernetes-list-type": "set",
            items: { type: "string" },
          },
        },
      },
    },
  },
};

const schema: JsonObject = {
  type: "object",
  description: "A gateway.",
  properties: {
    spec: { ...spec, description: "What is wanted." },
    status: {
      type: "object",
      properties: {
        replicas: { type: "integer" },
        selector: { type: "string" },
        conditions: {
          type: "array",
          items: {
            type: "object",
            properties: { type: { type: "string" }, status: { type: "string" } },
          },
        },
      },
    },
  },
};

/** The definition of gateways, with two versions. */
export function gatewayDefinition(more: JsonObject = {}): JsonObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "gateways.net.example.com" },
    spec: {
      group: "net.example.com",
      scope: "Namespaced",
      names: {
        plural: "gateways",
        kind: "Gateway",
        shortNames: ["gw"],
        categories: ["all"],
      },
      versions: [
        {
          name: "v1beta1",
          served: true,
          storage: false,
          deprecated: true,
          schema: { openAPIV3Schema: schema },
        },
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: ".spec.replicas",
              statusReplicasPath: ".status.replicas",
              labelSelectorPath: ".status.selector",
            },
          },
          selectableFields: [{ jsonPath: ".spec.class" }],
          additionalPrinterColumns: [
            { name: "Class", type: "string", jsonPath: ".spec.class" },
            {
              name: "Ready",
              type: "string",
              jsonPath: '.status.conditions[?(@.type=="Ready")].status',
            },
            { name: "Replicas", type: "integer", jsonPath: ".spec.replicas", priority: 1 },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
        },
      ],
      ...more,
    },
  };
}

/** A client of an API that knows gateways. */
export function clientWithGateways(): TestClient {
  const client = new TestClient();
  client.make(customPaths.definitions, gatewayDefinition());
  return client;
}

/** A gateway. */
export function gateway(name: string, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: "net.example.com/v1",
    kind: "Gateway",
    metadata: { name },
    spec: { listeners: [{ name: "http" }], ...more },
  };
}
