import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { listAt, mapAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

const url = `${paths.pods}/web/ephemeralcontainers`;
const debug = { name: "debug", image: "busybox" };
const strategic = { contentType: "application/strategic-merge-patch+json" };

function clientWithPod(): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.pods}`, podManifest("web"));
  return client;
}

describe("ephemeral containers", () => {
  test("are added by a patch, as kubectl debug sends it, and defaulted", () => {
    const client = clientWithPod();
    const sent = client.send(`PATCH ${url}`, { spec: { ephemeralContainers: [debug] } }, strategic);
    assert.equal(sent.status, 200);
    const [container, ...more] = listAt(
      client.send(`GET ${paths.pods}/web`).body,
      "spec",
      "ephemeralContainers",
    );
    assert.deepEqual(more, []);
    assert.equal(textAt(container, "terminationMessagePath"), "/dev/termination-log");
    assert.equal(client.send(`GET ${url}`).status, 200);
  });

  test("stay as they are, and nothing else of the pod changes on the way", () => {
    const client = clientWithPod();
    client.send(`PATCH ${url}`, { spec: { ephemeralContainers: [debug] } }, strategic);
    const pod = podManifest("web", { nodeName: "elsewhere" });
    const gone = client.send(`PUT ${url}`, pod);
    assert.equal(gone.status, 422);
    assert.match(
      textAt(gone.body, "message"),
      /existing ephemeral containers "debug" may not be r/u,
    );
    const other = [{ ...debug, image: "alpine" }];
    const changed = client.send(`PUT ${url}`, { ...pod, spec: { ephemeralContainers: other } });
    assert.match(
      textAt(changed.body, "message"),
      /existing ephemeral containers "debug" may not be c/u,
    );
    const kept = [debug, { ...debug, name: "more" }];
    const whole = { ...pod, spec: { ...mapAt(pod, "spec"), ephemeralContainers: kept } };
    assert.equal(client.send(`PUT ${url}`, whole).status, 200);
    const { body } = client.send(`GET ${paths.pods}/web`);
    assert.equal(textAt(body, "spec", "nodeName"), "");
    assert.equal(listAt(body, "spec", "ephemeralContainers").length, 2);
  });

  test("are added by the kind of their own that kubectl up to 1.21 sends", () => {
    const client = clientWithPod();
    for (const name of ["one", "two"]) {
      const ephemeralContainers = [{ ...debug, name }];
      const metadata = { creationTimestamp: null };
      const body = { apiVersion: "v1", kind: "EphemeralContainers", metadata, ephemeralContainers };
      assert.equal(client.send(`PUT ${url}`, body).status, 200);
    }
    const { body } = client.send(`GET ${paths.pods}/web`);
    const names = listAt(body, "spec", "ephemeralContainers").map((each) => textAt(each, "name"));
    assert.deepEqual(names, ["one", "two"]);
  });

  test("have no probes, no ports, and a name that is theirs", () => {
    const client = clientWithPod();
    const wrong = { ...debug, name: "main", ports: [{ containerPort: 80 }] };
    const sent = client.send(`PATCH ${url}`, { spec: { ephemeralContainers: [wrong] } }, strategic);
    assert.equal(sent.status, 422);
    const message = textAt(sent.body, "message");
    assert.match(message, /ports: Forbidden: cannot be set for an Ephemeral Container/u);
  });

  test("see the processes of a container that is there", () => {
    const client = clientWithPod();
    const wrong = { ...debug, targetContainerName: "none" };
    const sent = client.send(`PATCH ${url}`, { spec: { ephemeralContainers: [wrong] } }, strategic);
    assert.equal(sent.status, 422);
    assert.match(
      textAt(sent.body, "message"),
      /spec\.ephemeralContainers\[0\]\.targetContainerName: Not found: "none"/u,
    );
  });

  test("come to a pod that runs, not with a new one, and are not applied", () => {
    const client = new TestClient();
    const pod = podManifest("web", { ephemeralContainers: [debug] });
    const sent = client.send(`POST ${paths.pods}`, pod);
    assert.equal(sent.status, 422);
    assert.match(
      textAt(sent.body, "message"),
      /ephemeralContainers: Forbidden: cannot be set on cr/u,
    );
    client.send(`POST ${paths.pods}`, podManifest("web"));
    const apply = { contentType: "application/apply-patch+yaml" };
    assert.equal(client.send(`PATCH ${url}?fieldManager=a`, {}, apply).status, 415);
    assert.equal(client.send(`DELETE ${url}`).status, 405);
  });
});
