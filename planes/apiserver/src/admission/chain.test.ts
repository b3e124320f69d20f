/** The order of admission, and that everything which is written passes it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { configMapManifest, deploymentManifest, paths, podManifest } from "../test-object.ts";
import {
  addHooks,
  admissionPaths,
  allowing,
  clientOfHooks,
  hookName,
  hookOf,
  requestOf,
  rulesFor,
} from "./test-webhook.ts";

const { configMaps, deployments, namespaces, pods } = paths;

/** A client whose validating webhook sees everything, and the operations it saw. */
function watched(): { readonly client: TestClient; readonly seen: string[] } {
  const client = clientOfHooks("Validating", hookOf("all.example.com", rulesFor("*/*")));
  const seen: string[] = [];
  client.webhook = (call) => {
    const request = requestOf(call);
    const [operation, sub] = [textAt(request, "operation"), textAt(request, "subResource")];
    const kind = textAt(request, "kind", "kind");
    const name = textAt(request, "name");
    const about = `${textAt(request, "resource", "resource")}${sub === "" ? "" : `/${sub}`}`;
    seen.push(`${operation} ${about} ${kind} ${name}`);
    return allowing(call);
  };
  return { client, seen };
}

describe("the chain of admission", () => {
  test("is passed by every kind of write", () => {
    const { client, seen } = watched();
    const expect = (line: string, body: Json | undefined, ...expected: readonly string[]) => {
      seen.length = 0;
      const merge = "application/merge-patch+json";
      const { status, body: answer } = client.send(line, body, { contentType: merge });
      assert(status < 300 || status === 101, `${line}: ${status} ${JSON.stringify(answer)}`);
      assert.deepEqual(seen, expected, line);
    };
    expect(`POST ${configMaps}`, configMapManifest("a"), "CREATE configmaps ConfigMap a");
    expect(
      `PUT ${configMaps}/a`,
      configMapManifest("a", { x: "y" }),
      "UPDATE configmaps ConfigMap a",
    );
    expect(`PATCH ${configMaps}/a`, { data: { x: "z" } }, "UPDATE configmaps ConfigMap a");
    expect(`DELETE ${configMaps}/a`, undefined, "DELETE configmaps ConfigMap a");
    client.send(`POST ${configMaps}`, configMapManifest("b"));
    client.send(`POST ${configMaps}`, configMapManifest("c"));
    expect(
      `DELETE ${configMaps}?labelSelector=!x`,
      undefined,
      ...["b", "c", "kube-root-ca.crt"]
        .slice(0, 2)
        .map((name) => `DELETE configmaps ConfigMap ${name}`),
    );
    expect(`POST ${deployments}`, deploymentManifest("web"), "CREATE deployments Deployment web");
    expect(
      `PATCH ${deployments}/web/scale`,
      { spec: { replicas: 2 } },
      "UPDATE deployments/scale Scale web",
    );
    expect(
      `PATCH ${deployments}/web/status`,
      { status: { replicas: 1 } },
      "UPDATE deployments/status Deployment web",
    );
    expect(`POST ${pods}`, podManifest("p"), "CREATE pods Pod p");
    const binding = { kind: "Binding", metadata: { name: "p" }, target: { name: "n" } };
    expect(`POST ${pods}/p/binding`, binding, "CREATE pods/binding Binding p");
    expect(
      `GET ${pods}/p/exec?command=ls&stdout=1`,
      undefined,
      "CONNECT pods/exec PodExecOptions p",
    );
    expect(`GET ${pods}/p/attach?stdout=1`, undefined, "CONNECT pods/attach PodAttachOptions p");
    expect(
      `GET ${pods}/p/portforward?ports=80`,
      undefined,
      "CONNECT pods/portforward PodPortForwardOptions p",
    );
    expect(`GET ${pods}/p/log`, undefined);
    const debug = { spec: { ephemeralContainers: [{ name: "d", image: "b" }] } };
    expect(`PATCH ${pods}/p/ephemeralcontainers`, debug, "UPDATE pods/ephemeralcontainers Pod p");
    const eviction = { kind: "Eviction", metadata: { name: "p" } };
    expect(`POST ${pods}/p/eviction`, eviction, "CREATE pods/eviction Eviction p");
    expect(
      `POST ${namespaces}`,
      { metadata: { name: "shop" } },
      "CREATE namespaces Namespace shop",
    );
    expect(`GET ${configMaps}`, undefined);
  });

  test("is passed by server-side apply, for what is new and for what is there", () => {
    const { client, seen } = watched();
    const apply = { contentType: "application/apply-patch+yaml" };
    for (const x of ["y", "z"]) {
      const { status } = client.send(
        `PATCH ${configMaps}/a?fieldManager=m`,
        configMapManifest("a", { x }),
        apply,
      );
      assert(status < 300);
    }
    assert.deepEqual(seen, ["CREATE configmaps ConfigMap a", "UPDATE configmaps ConfigMap a"]);
  });

  test("goes from what is filled in over webhooks and validation to quotas", () => {
    const client = new TestClient();
    const asked: string[] = [];
    for (const [sort, name] of [
      ["Mutating", "m"],
      ["Validating", "v"],
    ] as const) {
      addHooks(client, sort, name, hookOf(`${name}.example.com`, rulesFor("pods")));
    }
    client.webhook = (call) => {
      asked.push(hookName(call));
      assert.equal(fieldAt(requestOf(call), "object", "spec", "priority"), 0, "filled in before");
      return allowing(call);
    };
    const quota: JsonObject = { metadata: { name: "q" }, spec: { hard: { pods: "0" } } };
    client.send("POST /api/v1/namespaces/default/resourcequotas", quota);
    const wrong = { ...podManifest("p"), spec: { containers: [] } };
    assert.equal(client.send(`POST ${pods}`, wrong).status, 422);
    assert.deepEqual(asked, ["m.example.com"], "what is not valid is not judged further");
    const { status, body } = client.send(`POST ${pods}`, podManifest("p"));
    assert.equal(status, 403);
    assert.equal(
      textAt(body, "message"),
      'pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0',
    );
    assert.deepEqual(asked.slice(1), ["m.example.com", "v.example.com"]);
  });

  test("refuses where the rules are not all here, but for masters", () => {
    const client = new TestClient({
      knows: ({ group }) => group !== "admissionregistration.k8s.io",
      authorize: () => ({ allowed: true, reason: "" }),
    });
    const user = { name: "eve", groups: ["system:authenticated"] };
    const { status, body } = client.send(`POST ${configMaps}`, configMapManifest("a"), { user });
    assert.equal(status, 403);
    assert.match(textAt(body, "message"), /: not yet ready to handle request$/u);
    assert.equal(client.send(`POST ${configMaps}`, configMapManifest("a")).status, 201);
  });

  test("lets nobody judge what decides about admission itself", () => {
    const { client, seen } = watched();
    client.send(`DELETE ${admissionPaths.validating}/hooks`);
    assert.deepEqual(seen, []);
    assert.equal(listAt(client.send(`GET ${admissionPaths.validating}`).body, "items").length, 0);
  });
});
