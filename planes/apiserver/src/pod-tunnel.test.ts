import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { textAt } from "./field.ts";
import { type TestAnswer, TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

const pod = `${paths.pods}/web`;
const merge = { contentType: "application/merge-patch+json" };
const two = {
  nodeName: "ann",
  containers: [
    { name: "a", image: "x" },
    { name: "b", image: "x" },
  ],
  initContainers: [{ name: "i", image: "x" }],
};

function clientWithPod(spec: Parameters<typeof podManifest>[1] = { nodeName: "ann" }): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.pods}`, podManifest("web", spec));
  return client;
}

function tunnelOf({ reply, body }: TestAnswer): string {
  if (reply.kind !== "tunnel") return textAt(body, "message");
  const { kind, machine, container } = reply.tunnel;
  return [kind, machine, container].join(":");
}

describe("tunnels", () => {
  for (const [line, expected] of [
    ["GET log", "log:ann:main"],
    ["GET exec?command=ls&stdout=true", "exec:ann:main"],
    ["POST exec?command=ls&stdout=true", "exec:ann:main"],
    ["GET attach?stdin=1", "attach:ann:main"],
    ["GET portforward", "portforward:ann:"],
    ["GET exec?command=ls", "you must specify at least 1 of stdin, stdout, stderr"],
    ["GET exec?stdout=true", "you must specify the command"],
    ["GET attach", "you must specify at least 1 of stdin, stdout, stderr"],
    ["GET log?container=x", "container x is not valid for pod web"],
    ["PUT exec", "the server does not allow this method on the requested resource"],
    ["POST log", "the server does not allow this method on the requested resource"],
  ] as const) {
    test(`answer ${line} with ${expected}`, () => {
      const [method, rest] = line.split(" ");
      assert.equal(tunnelOf(clientWithPod().send(`${method} ${pod}/${rest}`)), expected);
    });
  }

  test("ask which container is meant, where there are several", () => {
    const client = clientWithPod(two);
    assert.equal(
      tunnelOf(client.send(`GET ${pod}/log`)),
      "a container name must be specified for pod web, choose one of: [a b]" +
        " or one of the init containers: [i]",
    );
    assert.equal(tunnelOf(client.send(`GET ${pod}/log?container=i`)), "log:ann:i");
  });

  test("need a pod, and a machine that runs it", () => {
    const client = clientWithPod({});
    assert.equal(client.send(`GET ${paths.pods}/none/log`).status, 404);
    assert.equal(client.send(`GET ${pod}/log`).body, "");
    const { status, body } = client.send(`GET ${pod}/exec?command=ls&stdout=1`);
    assert.equal(status, 400);
    assert.equal(textAt(body, "message"), "pod web does not have a host assigned");
  });
});

describe("log", () => {
  function clientWithState(state: object): TestClient {
    const client = clientWithPod();
    const base = { name: "main", image: "x", imageID: "", ready: false, restartCount: 0 };
    const status = { containerStatuses: [{ ...base, ...state }] };
    client.send(`PATCH ${pod}/status`, JSON.parse(JSON.stringify({ status })), merge);
    return client;
  }

  test("says what a container waits for that has never run", () => {
    const client = clientWithState({ state: { waiting: { reason: "ContainerCreating" } } });
    assert.equal(
      tunnelOf(client.send(`GET ${pod}/log`)),
      'container "main" in pod "web" is waiting to start: ContainerCreating',
    );
    const pulling = clientWithState({ state: { waiting: { reason: "ImagePullBackOff" } } });
    assert.match(tunnelOf(pulling.send(`GET ${pod}/log`)), /trying and failing to pull image$/u);
  });

  test("gives the log of a container that waits to run again, and its former one", () => {
    const client = clientWithState({
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 1 } },
    });
    assert.equal(tunnelOf(client.send(`GET ${pod}/log`)), "log:ann:main");
    assert.equal(tunnelOf(client.send(`GET ${pod}/log?previous=true`)), "log:ann:main");
    const fresh = clientWithState({ state: { running: {} } });
    assert.match(tunnelOf(fresh.send(`GET ${pod}/log?previous=true`)), /not found$/u);
  });

  test("refuses numbers that make no sense", () => {
    const client = clientWithPod();
    for (const query of ["tailLines=-1", "sinceSeconds=0", "limitBytes=x"]) {
      assert.equal(client.send(`GET ${pod}/log?${query}`).status, 422);
    }
    assert.equal(client.send(`GET ${pod}/log?sinceSeconds=1&sinceTime=x`).status, 422);
  });
});
