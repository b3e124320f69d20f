/** Sources: k8s.io/apiserver, admission/plugin/webhook; the page on webhooks of kubernetes.io. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WebhookCall } from "@beemesh/ports";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { configMapManifest, paths } from "../test-object.ts";
import {
  admissionPaths,
  allowing,
  clientOfHooks,
  configurationOf,
  hookName,
  hookOf,
  requestOf,
  rulesFor,
} from "./test-webhook.ts";

const { configMaps, namespaces } = paths;
const onMaps = rulesFor("configmaps", "CREATE");

function created(client: TestClient, target = configMaps): string {
  const { body, status } = client.send(`POST ${target}`, configMapManifest("x"));
  return status === 201 ? "201" : `${status} ${textAt(body, "message")}`;
}

describe("a validating webhook", () => {
  test("refuses in its own words, with its own code, and warns", () => {
    const client = clientOfHooks("Validating", hookOf("v.example.com", onMaps));
    client.webhook = (call) =>
      allowing(call, {
        allowed: false,
        warnings: ["think again"],
        status: { code: 409, reason: "Conflict", message: "not today" },
      });
    const answer = client.send(`POST ${configMaps}`, configMapManifest("x"));
    assert.equal(answer.status, 409);
    assert.equal(
      textAt(answer.body, "message"),
      'admission webhook "v.example.com" denied the request: not today',
    );
    assert.equal(textAt(answer.body, "reason"), "Conflict");
    assert.deepEqual(answer.warnings, ["think again"]);
    assert.equal(client.send(`GET ${configMaps}/x`).status, 404, "nothing is written");
  });

  test("is asked with a whole review", () => {
    const client = clientOfHooks(
      "Validating",
      hookOf("v.example.com", onMaps, {
        timeoutSeconds: 3,
        clientConfig: { service: { namespace: "hooks", name: "judge", path: "/judge?a=b" } },
      }),
    );
    const calls: WebhookCall[] = [];
    client.webhook = (call) => {
      calls.push(call);
      return allowing(call);
    };
    const target = `${configMaps}?dryRun=All&fieldManager=me`;
    assert.equal(client.send(`POST ${target}`, configMapManifest("x")).status, 201);
    const [call] = calls;
    assert(call);
    assert.equal(call.url, "https://judge.hooks.svc:443/judge?a=b&timeout=3s");
    assert.deepEqual(call.service, { namespace: "hooks", name: "judge", port: 443 });
    assert.equal(call.timeoutMs, 3000);
    const { object, uid, ...rest } = Object(requestOf(call));
    assert.match(uid, /^[0-9a-f-]{36}$/u);
    assert.equal(textAt(object, "metadata", "name"), "x");
    assert.notEqual(textAt(object, "metadata", "uid"), "", "by now the object has its identity");
    const kind = { group: "", version: "v1", kind: "ConfigMap" };
    const resource = { group: "", version: "v1", resource: "configmaps" };
    assert.deepEqual(rest, {
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: "x",
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "ann", groups: ["system:masters", "system:authenticated"] },
      oldObject: null,
      dryRun: true,
      options: {
        kind: "CreateOptions",
        apiVersion: "meta.k8s.io/v1",
        dryRun: ["All"],
        fieldManager: "me",
        fieldValidation: "Warn",
      },
    });
  });

  test("that does not answer refuses, or is passed over if it says so", () => {
    const failing = clientOfHooks("Validating", hookOf("v.example.com", onMaps));
    failing.webhook = () => ({ ok: false, reason: 'Post "u": context deadline exceeded' });
    assert.equal(
      created(failing),
      '500 Internal error occurred: failed calling webhook "v.example.com": failed to call ' +
        'webhook: Post "u": context deadline exceeded',
    );
    const lenient = clientOfHooks(
      "Validating",
      hookOf("v.example.com", onMaps, { failurePolicy: "Ignore" }),
    );
    assert.equal(created(lenient), "201");
  });

  test("that answers nonsense has not answered", () => {
    const client = clientOfHooks("Validating", hookOf("v.example.com", onMaps));
    const invalid =
      '500 Internal error occurred: failed calling webhook "v.example.com": received invalid ' +
      "webhook response: ";
    client.webhook = () => ({ ok: true, body: { kind: "AdmissionReview" } });
    assert.equal(created(client), `${invalid}webhook response was absent`);
    client.webhook = (call) => allowing(call, { uid: "other" });
    assert.match(created(client), /: expected response\.uid="[0-9a-f-]+", got "other"$/u);
    client.webhook = (call) => {
      const answer = allowing(call);
      return answer.ok ? { ok: true, body: { ...Object(answer.body), apiVersion: "v2" } } : answer;
    };
    assert.match(
      created(client),
      /: expected webhook response of admission\.k8s\.io\/v1, Kind=Adm/u,
    );
    client.webhook = (call) => allowing(call, {}, []);
    assert.equal(created(client), `${invalid}validating webhook may not return response.patch`);
  });

  test("judges what its rules, its selectors and its conditions say", () => {
    const concerns = (hook: JsonObject, act: (client: TestClient) => void): boolean => {
      const client = clientOfHooks("Validating", hook);
      let isAsked = false;
      client.webhook = (call) => {
        isAsked = true;
        return allowing(call);
      };
      act(client);
      return isAsked;
    };
    const make = (client: TestClient): void => void created(client);
    const labelled = (client: TestClient): void => {
      const metadata = { name: "x", labels: { a: "b" } };
      client.send(`POST ${configMaps}`, { ...configMapManifest("x"), metadata });
    };
    const selector = { matchLabels: { a: "b" } };
    const home = { matchLabels: { "kubernetes.io/metadata.name": "default" } };
    const elsewhere = { matchLabels: { "kubernetes.io/metadata.name": "other" } };
    const condition = (expression: string): JsonObject => ({
      matchConditions: [{ name: "c", expression }],
    });
    const hook = (more: JsonObject, rules = onMaps): JsonObject =>
      hookOf("v.example.com", rules, more);
    assert(concerns(hook({}), make));
    assert(!concerns(hook({}, rulesFor("configmaps", "UPDATE")), make));
    assert(!concerns(hook({}, rulesFor("configmaps/*", "CREATE", "apps")), make));
    assert(concerns(hook({}, rulesFor("*", "*")), make));
    assert(!concerns(hook({}, { ...onMaps, scope: "Cluster" }), make));
    assert(concerns(hook({}, { ...onMaps, scope: "Namespaced" }), make));
    assert(!concerns(hook({ objectSelector: selector }), make));
    assert(concerns(hook({ objectSelector: selector }), labelled));
    assert(concerns(hook({ namespaceSelector: home }), make));
    assert(!concerns(hook({ namespaceSelector: elsewhere }), make));
    assert(concerns(hook(condition("object.metadata.name == 'x'")), make));
    assert(!concerns(hook(condition("request.userInfo.username != 'ann'")), make));
    assert(!concerns(hook(condition("object.nope == 1")), make), "an error refuses instead");
  });

  test("whose condition cannot be evaluated refuses, or does not judge", () => {
    const broken = { matchConditions: [{ name: "c", expression: "object.nope == 1" }] };
    assert.match(
      created(clientOfHooks("Validating", hookOf("v.example.com", onMaps, broken))),
      /^403 .*expression 'object\.nope == 1' resulted in error: no such key: nope$/u,
    );
    const lenient = hookOf("v.example.com", onMaps, { ...broken, failurePolicy: "Ignore" });
    assert.equal(created(clientOfHooks("Validating", lenient)), "201");
    const { status, body } = new TestClient().send(
      `POST ${admissionPaths.validating}`,
      configurationOf(
        "Validating",
        "v",
        hookOf("v.example.com", onMaps, { matchConditions: [{ name: "c", expression: "1 +" }] }),
      ),
    );
    assert.equal(status, 422);
    assert.match(
      textAt(body, "message"),
      /webhooks\[0\]\.matchConditions\[0\]\.expression: Invalid/u,
    );
  });

  test("is asked once with all others, and the first that refuses is told", () => {
    const client = clientOfHooks(
      "Validating",
      hookOf("a.example.com", onMaps),
      hookOf("b.example.com", onMaps),
    );
    const reply = client.api.handle(
      {
        method: "POST",
        path: configMaps.split("/"),
        query: new Map(),
        accept: "application/json",
        contentType: "application/json",
        body: configMapManifest("x"),
        user: { name: "ann", groups: ["system:masters"] },
      },
      client.now,
    );
    assert(reply.kind === "consult");
    assert.deepEqual(reply.calls.map(hookName), ["a.example.com", "b.example.com"]);
    const answers = reply.calls.map((call) => allowing(call, { allowed: false }));
    const final = reply.resume(answers, client.now);
    assert(final.kind === "json");
    assert.match(textAt(final.body, "message"), /webhook "a\.example\.com"/u);
  });

  test("judges what is stored when its answer is there, or is asked again", () => {
    const client = clientOfHooks(
      "Validating",
      hookOf("v.example.com", rulesFor("configmaps", "UPDATE")),
    );
    client.webhook = (call) => allowing(call);
    client.send(`POST ${configMaps}`, configMapManifest("x"));
    let asked = 0;
    client.webhook = (call) => {
      asked += 1;
      const inner = { ...configMapManifest("x", { by: "another" }) };
      const own = client.webhook;
      client.webhook = (other) => allowing(other);
      if (asked === 1) client.send(`PUT ${configMaps}/x`, inner);
      client.webhook = own;
      return allowing(call);
    };
    const merge = { contentType: "application/merge-patch+json" };
    const { status, body } = client.send(`PATCH ${configMaps}/x`, { data: { mine: "1" } }, merge);
    assert.equal(status, 200);
    assert.deepEqual(fieldAt(body, "data"), { by: "another", mine: "1" }, "no write is lost");
    assert.equal(asked, 2);
  });

  test("ends a request that waits for it too long", () => {
    const client = clientOfHooks("Validating", hookOf("v.example.com", onMaps));
    client.webhook = (call) => {
      client.pass(61_000);
      return allowing(call);
    };
    assert.equal(created(client), "504 Timeout: request did not complete within requested timeout");
  });

  test("of namespaces sees the labels of the namespace itself", () => {
    const selector = { matchLabels: { team: "a" } };
    const client = clientOfHooks(
      "Validating",
      hookOf("v.example.com", rulesFor("namespaces"), { namespaceSelector: selector }),
    );
    client.webhook = (call) => allowing(call, { allowed: false });
    const made = (labels: JsonObject): number =>
      client.send(`POST ${namespaces}`, { metadata: { name: "shop", labels } }).status;
    assert.equal(made({ team: "a" }), 400);
    assert.equal(made({ team: "b" }), 201);
  });
});
