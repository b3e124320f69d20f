/**
 * Server-side apply on a real machine, asked for with the oldest and the newest kubectl that this
 * computer has: what people and their tools do, and what kubectl does to move from one to the
 * other.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type JsonObject, parseJson } from "@beemesh/wire";
import { outerKubectls as kubectls } from "../../../test/kubectls.ts";
import { Client } from "./kubectl-client.test.ts";
import { at, withStage } from "./stage.test.ts";

const skip = kubectls.length === 0 && "there is no kubectl";
const annotation = "kubectl.kubernetes.io/last-applied-configuration";

function withClient(path: string, play: (client: Client) => Promise<void>): Promise<void> {
  return withStage(async (make) => {
    const machine = make("m1");
    machine.found();
    await machine.start();
    await play(new Client(machine, path));
  });
}

function configMap(data: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conf", ...metadata }, data };
}

function deployment(replicas: number | undefined, image = "localhost/none:1"): JsonObject {
  const labels = { app: "web" };
  const containers = [{ name: "main", image, ports: [{ containerPort: 80 }] }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", labels },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

const serverSide = "apply --server-side -f -";

describe("server-side apply", { skip }, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version}: shares, conflicts, forces and gives up`, () =>
      withClient(path, async (client) => {
        const made = await client.done(`${serverSide} --field-manager=ann`, configMap({ a: "1" }));
        assert.match(made, /configmap\/conf serverside-applied/u);
        await client.done(`${serverSide} --field-manager=bob`, configMap({ b: "1" }));
        const wanted = configMap({ a: "2", b: "1" });
        const refused = await client.run(`${serverSide} --field-manager=bob`, wanted);
        assert.notEqual(refused.code, 0);
        assert.match(refused.output, /Apply failed with 1 conflict: conflict with "ann": .data.a/u);
        assert.match(refused.output, /--force-conflicts/u);
        await client.done(`${serverSide} --field-manager=bob --dry-run=server`, configMap({}));
        const forced = `${serverSide} --field-manager=bob --force-conflicts`;
        await client.done(forced, wanted);
        const { data } = await client.object("configmap/conf");
        assert.deepEqual(data, { a: "2", b: "1" });
        await client.done(`${serverSide} --field-manager=bob`, configMap({ b: "1" }));
        assert.deepEqual((await client.object("configmap/conf"))["data"], { b: "1" });
        assert.deepEqual(await client.managers("configmap/conf"), ["bob Apply"]);
        assert.doesNotMatch(await client.done("get configmap conf -o yaml"), /managedFields/u);
        const strict = { ...configMap({}), dater: {} };
        const unknown = await client.run(`${serverSide} --validate=strict`, strict);
        assert.match(unknown.output, /dater/u);
      }));

    test(`${version}: a Deployment that others scale and label`, () =>
      withClient(path, async (client) => {
        await client.done(serverSide, deployment(2));
        await client.done("label deployment web team=blue");
        await client.done("scale deployment web --replicas=0");
        const owners = await client.managers("deployment/web");
        assert(owners.includes("kubectl Apply") && owners.includes("kubectl-label Update"));
        assert(
          owners.some((each) => /^kubectl\S* Update scale$/u.test(each)),
          owners.join(),
        );
        const refused = await client.run(serverSide, deployment(2));
        assert.match(
          refused.output,
          /conflict with "kubectl\S*" with subresource "scale" using apps\/v1: .spec.replicas/u,
        );
        // Whoever does not say how many leaves that to who scales.
        await client.done(serverSide, deployment(undefined, "localhost/none:2"));
        const after = await client.object("deployment/web");
        assert.equal(at(after, "spec", "replicas"), 0);
        assert.equal(at(after, "metadata", "labels", "team"), "blue");
        assert.equal(at(after, "metadata", "generation"), 3);
        await client.done("set image deployment/web main=localhost/none:3");
        assert.match(
          (await client.run(serverSide, deployment(undefined, "localhost/none:2"))).output,
          /\.spec\.template\.spec\.containers\[name="main"\]\.image/u,
        );
      }));

    test(`${version}: from client-side apply to server-side, and back`, () =>
      withClient(path, async (client) => {
        await client.done("apply -f -", configMap({ a: "1", b: "1" }));
        assert.deepEqual(await client.managers("configmap/conf"), [
          "kubectl-client-side-apply Update",
        ]);
        await client.done(serverSide, configMap({ a: "2" }));
        // What client-side apply owned is the new manager's, and what it does not apply goes.
        const moved = await client.object("configmap/conf");
        assert.deepEqual(moved["data"], { a: "2" });
        const owners = await client.managers("configmap/conf");
        assert(owners.includes("kubectl Apply"), owners.join());
        assert(!owners.includes("kubectl-client-side-apply Update"), owners.join());
        const text = at(moved, "metadata", "annotations", annotation);
        assert(typeof text === "string");
        assert.deepEqual(at(parseJson(text), "data"), { a: "2" });
        await client.done("apply -f -", configMap({ a: "3" }));
        assert.deepEqual((await client.object("configmap/conf"))["data"], { a: "3" });
      }));

    test(`${version}: as Helm does: forced, under its own name, over what others changed`, () =>
      withClient(path, async (client) => {
        const helm = `${serverSide} --field-manager=helm --force-conflicts`;
        await client.done(helm, deployment(1));
        const patch = '{"spec":{"replicas":0,"paused":true}}';
        await client.done(`patch deployment web --type=merge -p ${patch}`);
        await client.done(helm, deployment(1, "localhost/none:2"));
        const upgraded = await client.object("deployment/web");
        assert.equal(at(upgraded, "spec", "replicas"), 1);
        assert.equal(at(upgraded, "spec", "paused"), true);
        await client.done(`replace -f -`, deployment(0));
        const owners = await client.managers("deployment/web");
        assert(owners.includes("kubectl-replace Update"), owners.join());
        await client.done("delete deployment web --wait=false");
      }));
  }
});
