/** Admission of custom resources: they are judged, counted and judged by as any other. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clientWithGateways, customPaths, gateway } from "../custom/test-definition.ts";
import { fieldAt, textAt } from "../field.ts";
import { configMapManifest, paths } from "../test-object.ts";
import {
  addHooks,
  admissionPaths,
  allowing,
  configurationOf,
  hookOf,
  requestOf,
  rulesFor,
} from "./test-webhook.ts";

describe("a custom resource", () => {
  test("is changed by a webhook, and has its defaults after it", () => {
    const client = clientWithGateways();
    const rules = {
      ...rulesFor("gateways", "CREATE", "net.example.com"),
      apiVersions: ["v1beta1"],
    };
    const hook = hookOf("m.example.com", rules);
    addHooks(client, "Mutating", "m", hook);
    client.webhook = (call) => {
      assert.equal(textAt(requestOf(call), "kind", "kind"), "Gateway");
      return allowing(call, {}, [
        { op: "add", path: "/spec/class", value: "fancy" },
        { op: "add", path: "/spec/unknown", value: "x" },
        { op: "add", path: "/spec/listeners/-", value: { name: "more" } },
      ]);
    };
    const body = client.make(customPaths.gateways, gateway("g"));
    assert.equal(textAt(body, "spec", "class"), "fancy", "a rule for another version matches");
    assert.equal(fieldAt(body, "spec", "unknown"), undefined);
    assert.equal(fieldAt(body, "spec", "listeners", 1, "port"), 80);
    const exact = { ...hook, matchPolicy: "Exact" };
    client.send(`PUT ${admissionPaths.mutating}/m`, configurationOf("Mutating", "m", exact));
    const plain = client.send(`POST ${customPaths.gateways}`, gateway("h"));
    assert.equal(textAt(plain.body, "spec", "class"), "plain");
  });

  test("is changed by a webhook in the version that is asked for", () => {
    const client = clientWithGateways();
    const hook = hookOf("m.example.com", rulesFor("gateways", "CREATE"));
    addHooks(client, "Mutating", "m", hook);
    const labels = { op: "add", path: "/metadata/labels", value: { of: "hook" } };
    client.webhook = (call) => allowing(call, {}, [labels]);
    const apiVersion = "net.example.com/v1beta1";
    const body = client.make(customPaths.older, {
      ...gateway("g"),
      apiVersion,
    });
    assert.equal(textAt(body, "apiVersion"), apiVersion);
    assert.equal(textAt(body, "metadata", "labels", "of"), "hook");
  });

  test("counts against a quota by its full name", () => {
    const client = clientWithGateways();
    client.send("POST /api/v1/namespaces/default/resourcequotas", {
      metadata: { name: "q" },
      spec: { hard: { "count/gateways.net.example.com": "1" } },
    });
    assert.equal(client.send(`POST ${customPaths.gateways}`, gateway("a")).status, 201);
    const { status, body } = client.send(`POST ${customPaths.gateways}`, gateway("b"));
    assert.equal(status, 403);
    assert.match(textAt(body, "message"), /count\/gateways\.net\.example\.com=1, limited: count/u);
  });

  test("may be what a policy judges by", () => {
    const client = clientWithGateways();
    client.send(`POST ${admissionPaths.policies}`, {
      metadata: { name: "p" },
      spec: {
        paramKind: { apiVersion: "net.example.com/v1", kind: "Gateway" },
        matchConstraints: { resourceRules: [rulesFor("configmaps", "CREATE")] },
        validations: [{ expression: "object.data.class == params.spec.class" }],
      },
    });
    client.send(`POST ${admissionPaths.bindings}`, {
      metadata: { name: "b" },
      spec: {
        policyName: "p",
        validationActions: ["Deny"],
        paramRef: { name: "g", parameterNotFoundAction: "Deny" },
      },
    });
    client.send(`POST ${customPaths.gateways}`, gateway("g"));
    const made = (value: string): number =>
      client.send(`POST ${paths.configMaps}`, configMapManifest(value, { class: value })).status;
    assert.equal(made("plain"), 201);
    assert.equal(made("fancy"), 422);
  });
});
