/** Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { configMapManifest, deploymentManifest, paths } from "../test-object.ts";
import { admissionPaths, rulesFor } from "./test-webhook.ts";

const { configMaps, deployments, namespaces } = paths;

function policyOf(spec: JsonObject, rules = rulesFor("deployments", "CREATE UPDATE")): JsonObject {
  return {
    metadata: { name: "p" },
    spec: { matchConstraints: { resourceRules: [rules] }, ...spec },
  };
}

function clientWith(policy: JsonObject, binding: JsonObject = {}): TestClient {
  const client = new TestClient();
  const bound = { policyName: "p", validationActions: ["Deny"], ...binding };
  client.make(admissionPaths.policies, policy);
  client.make(admissionPaths.bindings, { metadata: { name: "b" }, spec: bound });
  return client;
}

function deployed(client: TestClient, replicas: number, user?: string): string {
  const request = user === undefined ? {} : { user: { name: user, groups: ["system:masters"] } };
  const manifest = deploymentManifest("web", replicas);
  const { status, body } = client.send(`POST ${deployments}`, manifest, request);
  return status === 201 ? "201" : `${status} ${textAt(body, "reason")} ${textAt(body, "message")}`;
}

const denied =
  'deployments.apps "web" is forbidden: ' +
  "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";
const few = { expression: "object.spec.replicas <= 5" };

describe("a ValidatingAdmissionPolicy", () => {
  test("tells its author what of it has no effect", () => {
    const auditAnnotations = [{ key: "a", valueExpression: "'b'" }];
    const policy = policyOf({ validations: [few], auditAnnotations });
    const { status, warnings } = new TestClient().send(`POST ${admissionPaths.policies}`, policy);
    assert.equal(status, 201);
    assert.match(warnings.join("\n"), /^spec\.auditAnnotations is not supported.*$/u);
  });

  test("refuses what its expressions do not allow, as they say", () => {
    assert.equal(deployed(clientWith(policyOf({ validations: [few] })), 5), "201");
    assert.equal(
      deployed(clientWith(policyOf({ validations: [few] })), 6),
      `422 Invalid ${denied}failed expression: object.spec.replicas <= 5`,
    );
    const told = { ...few, message: "too many", reason: "Forbidden" };
    assert.equal(
      deployed(clientWith(policyOf({ validations: [told] })), 6),
      `403 Forbidden ${denied}too many`,
    );
    const computed = { ...told, messageExpression: "'no more than ' + string(5)" };
    assert.match(
      deployed(clientWith(policyOf({ validations: [computed] })), 6),
      /: no more than 5$/u,
    );
    const silent = { ...told, messageExpression: "object.nope" };
    assert.match(deployed(clientWith(policyOf({ validations: [silent] })), 6), /: too many$/u);
  });

  test("does nothing without a binding, and warns where the binding only warns", () => {
    const policy = policyOf({ validations: [few] });
    const unbound = new TestClient();
    unbound.send(`POST ${admissionPaths.policies}`, policy);
    assert.equal(deployed(unbound, 6), "201");
    const warning = clientWith(policy, { validationActions: ["Warn", "Audit"] });
    const { status, warnings } = warning.send(`POST ${deployments}`, deploymentManifest("web", 6));
    assert.equal(status, 201);
    assert.deepEqual(warnings, [
      "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': " +
        "failed expression: object.spec.replicas <= 5",
    ]);
  });

  test("sees the request, the object before, the namespace, and who may do what", () => {
    const allows = (expression: string, user?: string): boolean =>
      deployed(clientWith(policyOf({ validations: [{ expression }] })), 1, user) === "201";
    assert(allows("request.operation == 'CREATE' && oldObject == null"));
    assert(allows("request.userInfo.username == 'bob'", "bob"));
    assert(allows("namespaceObject.metadata.name == 'default'"));
    assert(allows("authorizer.group('').resource('pods').namespace('x').check('get').allowed()"));
    assert(allows("authorizer.requestResource.check('create').allowed()"));
    const nobody = "authorizer.serviceAccount('default', 'nobody').group('').resource('pods')";
    assert(allows(`!${nobody}.namespace('x').check('get').allowed()`));
  });

  test("judges deletions by what is there", () => {
    const expression = "!has(oldObject.metadata.labels) || !('keep' in oldObject.metadata.labels)";
    const policy = policyOf({ validations: [{ expression }] }, rulesFor("configmaps", "DELETE"));
    const client = clientWith(policy);
    const metadata = { name: "kept", labels: { keep: "1" } };
    client.send(`POST ${configMaps}`, { ...configMapManifest("kept"), metadata });
    client.send(`POST ${configMaps}`, configMapManifest("free"));
    assert.equal(client.send(`DELETE ${configMaps}/free`).status, 200);
    assert.equal(client.send(`DELETE ${configMaps}/kept`).status, 422);
    assert.equal(client.send(`DELETE ${configMaps}`).status, 422, "nor with all others");
  });

  test("has variables, which may name those before them", () => {
    const variables = [
      { name: "replicas", expression: "object.spec.replicas" },
      { name: "double", expression: "variables.replicas * 2" },
    ];
    const validations = [
      { expression: "variables.double < 8", messageExpression: "'n=' + string(variables.double)" },
    ];
    const policy = policyOf({ variables, validations });
    assert.equal(deployed(clientWith(policy), 3), "201");
    assert.match(deployed(clientWith(policy), 4), /: n=8$/u);
  });

  test("fails closed or open when it cannot be evaluated", () => {
    const validations = [{ expression: "object.nope > 1" }];
    assert.equal(
      deployed(clientWith(policyOf({ validations })), 1),
      `422 Invalid ${denied}expression 'object.nope > 1' resulted in error: no such key: nope`,
    );
    assert.equal(
      deployed(clientWith(policyOf({ validations, failurePolicy: "Ignore" })), 1),
      "201",
    );
    const ten = "[1,2,3,4,5,6,7,8,9,10]";
    const loops = ["a", "b", "c", "d", "e", "f", "g"].map((name) => `${ten}.all(${name}, `);
    const endless = `${loops.join("")}a + b + c > 0${")".repeat(loops.length)}`;
    assert.match(
      deployed(clientWith(policyOf({ validations: [{ expression: endless }] })), 1),
      /actual cost limit exceeded$/u,
    );
  });

  test("leaves alone what its conditions, exclusions and its binding leave out", () => {
    const validations = [{ expression: "false" }];
    const conditions = [{ name: "c", expression: "object.metadata.name != 'web'" }];
    assert.equal(
      deployed(clientWith(policyOf({ validations, matchConditions: conditions })), 1),
      "201",
    );
    const rules = rulesFor("deployments", "CREATE");
    const matchConstraints = {
      resourceRules: [rules],
      excludeResourceRules: [{ ...rules, resourceNames: ["web"] }],
    };
    assert.equal(deployed(clientWith(policyOf({ validations, matchConstraints })), 1), "201");
    const elsewhere = { matchLabels: { "kubernetes.io/metadata.name": "other" } };
    const matchResources = { namespaceSelector: elsewhere };
    assert.equal(deployed(clientWith(policyOf({ validations }), { matchResources }), 1), "201");
    const home = { matchLabels: { "kubernetes.io/metadata.name": "default" } };
    const here = { matchResources: { namespaceSelector: home } };
    assert.match(deployed(clientWith(policyOf({ validations }), here), 1), /^422/u);
  });

  test("judges by parameters of any kind, each for itself", () => {
    const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
    const validations = [{ expression: "object.spec.replicas <= int(params.data.most)" }];
    const policy = policyOf({ paramKind, validations });
    const paramRef = { name: "limits", namespace: "default", parameterNotFoundAction: "Deny" };
    const client = clientWith(policy, { paramRef });
    assert.equal(
      deployed(client, 1),
      `422 Invalid ${denied}failed to configure binding: no params found for policy binding ` +
        "with `Deny` parameterNotFoundAction",
    );
    client.send(`POST ${configMaps}`, configMapManifest("limits", { most: "2" }));
    assert.match(deployed(client, 3), /^422/u);
    assert.equal(deployed(client, 2), "201");
    const chosen = {
      selector: { matchLabels: { limits: "yes" } },
      parameterNotFoundAction: "Allow",
    };
    const other = clientWith(policy, { paramRef: chosen });
    for (const most of ["9", "3"]) {
      const metadata = { name: `l${most}`, labels: { limits: "yes" } };
      other.send(`POST ${configMaps}`, { ...configMapManifest("l", { most }), metadata });
    }
    assert.match(deployed(other, 4), /^422/u, "one of two refuses");
    assert.equal(deployed(other, 3), "201");
    assert.equal(deployed(clientWith(policy, { paramRef: chosen }), 9), "201", "none, and allowed");
  });

  test("of a kind that is not there refuses everything, unless it is lenient", () => {
    const paramKind = { apiVersion: "example.com/v1", kind: "Limit" };
    const spec = { paramKind, validations: [{ expression: "params.x == 1" }] };
    const paramRef = { name: "l", parameterNotFoundAction: "Deny" };
    assert.match(
      deployed(clientWith(policyOf(spec), { paramRef }), 1),
      /paramKind kind `example\.com\/v1, Kind=Limit` not known$/u,
    );
    const lenient = policyOf({ ...spec, failurePolicy: "Ignore" });
    assert.equal(deployed(clientWith(lenient, { paramRef }), 1), "201");
  });

  test("with an expression that cannot be read is refused itself", () => {
    const { status, body } = new TestClient().send(
      `POST ${admissionPaths.policies}`,
      policyOf({ validations: [{ expression: "object.spec.replicas <" }] }),
    );
    assert.equal(status, 422);
    assert.match(
      textAt(body, "message"),
      /spec\.validations\[0\]\.expression: Invalid value: .*compilation failed/su,
    );
  });

  test("never judges what decides about admission", () => {
    const policy = policyOf({ validations: [{ expression: "false" }] }, rulesFor("*/*", "*"));
    const client = clientWith(policy);
    assert.equal(client.send(`POST ${namespaces}`, { metadata: { name: "x" } }).status, 422);
    assert.equal(client.send(`DELETE ${admissionPaths.policies}/p`).status, 200);
    assert.equal(client.send(`POST ${namespaces}`, { metadata: { name: "x" } }).status, 201);
  });
});
