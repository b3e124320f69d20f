/** Source: k8s.io/apiserver, admission/plugin/webhook/mutating/dispatcher.go. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "../field.ts";
import { configMapManifest, paths, podManifest } from "../test-object.ts";
import { allowing, clientOfHooks, hookName, hookOf, requestOf, rulesFor } from "./test-webhook.ts";

const { configMaps, pods } = paths;
const onMaps = rulesFor("configmaps", "CREATE UPDATE");

const adding = (key: string, value: Json): Json => [{ op: "add", path: `/data/${key}`, value }];

describe("mutating webhooks", () => {
  test("change what is written, one after the other", () => {
    const client = clientOfHooks(
      "Mutating",
      hookOf("a.example.com", onMaps),
      hookOf("b.example.com", onMaps),
    );
    const seen: unknown[] = [];
    client.webhook = (call) => {
      seen.push(fieldAt(requestOf(call), "object", "data"));
      return allowing(call, {}, adding(hookName(call)[0] ?? "", "was here"));
    };
    const { status, body } = client.send(`POST ${configMaps}`, configMapManifest("x", { o: "p" }));
    assert.equal(status, 201);
    assert.deepEqual(fieldAt(body, "data"), { o: "p", a: "was here", b: "was here" });
    assert.deepEqual(seen, [{ o: "p" }, { o: "p", a: "was here" }]);
  });

  test("see a new object before it has an identity, and cannot give it one", () => {
    const client = clientOfHooks("Mutating", hookOf("a.example.com", onMaps));
    client.webhook = (call) => {
      assert.equal(fieldAt(requestOf(call), "object", "metadata", "uid"), undefined);
      assert.equal(fieldAt(requestOf(call), "oldObject"), null);
      return allowing(call, {}, [
        { op: "add", path: "/metadata/uid", value: "mine" },
        { op: "add", path: "/metadata/labels", value: { of: "hook" } },
      ]);
    };
    const manifest = { ...configMapManifest(""), metadata: { generateName: "x-" } };
    const { body } = client.send(`POST ${configMaps}`, manifest);
    assert.match(textAt(body, "metadata", "name"), /^x-.{5}$/u);
    assert.notEqual(textAt(body, "metadata", "uid"), "mine");
    assert.equal(textAt(body, "metadata", "labels", "of"), "hook");
  });

  test("change an update, but not what only the server sets", () => {
    const client = clientOfHooks(
      "Mutating",
      hookOf("a.example.com", rulesFor("configmaps", "UPDATE")),
    );
    client.webhook = (call) =>
      allowing(call, {}, [
        { op: "replace", path: "/metadata/uid", value: "mine" },
        { op: "add", path: "/data/hook", value: "y" },
      ]);
    const { body: made } = client.send(`POST ${configMaps}`, configMapManifest("x", { o: "p" }));
    const { status, body } = client.send(`PUT ${configMaps}/x`, configMapManifest("x", { o: "q" }));
    assert.equal(status, 200);
    assert.deepEqual(fieldAt(body, "data"), { o: "q", hook: "y" });
    assert.equal(textAt(body, "metadata", "uid"), textAt(made, "metadata", "uid"));
  });

  test("are asked again if they want to and the object has changed after them", () => {
    const client = clientOfHooks(
      "Mutating",
      hookOf("a.example.com", onMaps, { reinvocationPolicy: "IfNeeded" }),
      hookOf("b.example.com", onMaps),
    );
    const asked: string[] = [];
    client.webhook = (call) => {
      const name = hookName(call);
      asked.push(name);
      const hasB = fieldAt(requestOf(call), "object", "data", "b") !== undefined;
      if (name === "b.example.com") return allowing(call, {}, adding("b", "1"));
      return allowing(call, {}, hasB ? adding("a", "saw b") : undefined);
    };
    const { body } = client.send(`POST ${configMaps}`, configMapManifest("x", { o: "p" }));
    assert.deepEqual(asked, ["a.example.com", "b.example.com", "a.example.com"]);
    assert.equal(textAt(body, "data", "a"), "saw b");
  });

  test("are followed by what the mesh fills in once more", () => {
    const client = clientOfHooks("Mutating", hookOf("a.example.com", rulesFor("pods", "CREATE")));
    const limits = [{ type: "Container", defaultRequest: { cpu: "1" }, default: { cpu: "1" } }];
    client.send("POST /api/v1/namespaces/default/limitranges", {
      metadata: { name: "l" },
      spec: { limits },
    });
    client.webhook = (call) => {
      const sidecar = { name: "sidecar", image: "s" };
      return allowing(call, {}, [{ op: "add", path: "/spec/containers/-", value: sidecar }]);
    };
    const { body } = client.send(`POST ${pods}`, podManifest("p"));
    const requests = listAt(body, "spec", "containers").map((each) =>
      textAt(each, "resources", "requests", "cpu"),
    );
    assert.deepEqual(requests, ["1", "1"], "the container that was put in has its default too");
  });

  test("are answered for by their words: a refusal, a patch that does not fit", () => {
    const client = clientOfHooks("Mutating", hookOf("a.example.com", rulesFor("configmaps")));
    const message = (): string => {
      const { body, status } = client.send(`POST ${configMaps}`, configMapManifest("x"));
      return `${status} ${textAt(body, "message")}`;
    };
    client.webhook = (call) => allowing(call, { allowed: false });
    assert.equal(
      message(),
      '400 admission webhook "a.example.com" denied the request without explanation',
    );
    client.webhook = (call) => allowing(call, {}, [{ op: "remove", path: "/data/none" }]);
    assert.match(message(), /^500 Internal error occurred: /u);
    client.webhook = (call) => allowing(call, { patch: "eA==" });
    assert.equal(
      message(),
      '500 Internal error occurred: failed calling webhook "a.example.com": received invalid ' +
        "webhook response: webhook returned response.patch but not response.patchType",
    );
    client.webhook = (call) => allowing(call, {}, adding("x", "y"));
    client.send(`POST ${configMaps}`, configMapManifest("y", { o: "p" }));
    const { status, body } = client.send(`DELETE ${configMaps}/y`);
    assert.equal(status, 500);
    assert.match(
      textAt(body, "message"),
      /attempted to modify the object, which is not supported/u,
    );
  });
});
