/** Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { configMapManifest, deploymentManifest, paths, podManifest } from "../test-object.ts";

const core = "/api/v1/namespaces/default";

function clientWith(hard: JsonObject, spec: JsonObject = {}): TestClient {
  const client = new TestClient();
  const quota = { metadata: { name: "q" }, spec: { hard, ...spec } };
  client.make(`${core}/resourcequotas`, quota);
  return client;
}

function sent(client: TestClient, line: string, body: Json): string {
  const { status, body: answer } = client.send(line, body);
  return status < 300 ? String(status) : `${status} ${textAt(answer, "message")}`;
}

describe("a ResourceQuota", () => {
  test("counts objects of any kind, and gives back what is deleted", () => {
    const client = clientWith({ configmaps: "2", "count/deployments.apps": "1" });
    const map = (name: string): string =>
      sent(client, `POST ${paths.configMaps}`, configMapManifest(name));
    assert.equal(map("a"), "201");
    assert.equal(map("b"), "201");
    assert.equal(
      map("c"),
      '403 configmaps "c" is forbidden: exceeded quota: q, requested: configmaps=1, ' +
        "used: configmaps=2, limited: configmaps=2",
    );
    client.send(`DELETE ${paths.configMaps}/a`);
    assert.equal(map("c"), "201");
    const deploy = (name: string): string =>
      sent(client, `POST ${paths.deployments}`, deploymentManifest(name));
    assert.equal(deploy("a"), "201");
    assert.match(
      deploy("b"),
      /^403 .*count\/deployments\.apps=1, used: count\/deployments\.apps=1/u,
    );
  });

  test("does not count what nobody wrote", () => {
    const client = new TestClient({ rootCa: "PEM" });
    const quota = { metadata: { name: "q" }, spec: { hard: { configmaps: "1" } } };
    client.send(`POST ${core}/resourcequotas`, quota);
    assert.equal(sent(client, `POST ${paths.configMaps}`, configMapManifest("a")), "201");
  });

  test("asks pods to state what it counts, and adds that up", () => {
    const client = clientWith({ "requests.cpu": "1" });
    const pod = (name: string, cpu?: string): string => {
      const resources = cpu === undefined ? {} : { requests: { cpu } };
      const containers = [{ name: "c", image: "i", resources }];
      return sent(client, `POST ${paths.pods}`, podManifest(name, { containers }));
    };
    assert.equal(
      pod("a"),
      '403 pods "a" is forbidden: failed quota: q: must specify requests.cpu for: c',
    );
    assert.equal(pod("a", "600m"), "201");
    assert.match(
      pod("b", "600m"),
      /requested: requests\.cpu=600m, used: requests\.cpu=600m, limited/u,
    );
  });

  test("counts only what is in its scopes", () => {
    const client = clientWith({ pods: "0" }, { scopes: ["BestEffort"] });
    const containers = [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }];
    assert.match(sent(client, `POST ${paths.pods}`, podManifest("a")), /^403/u);
    assert.equal(sent(client, `POST ${paths.pods}`, podManifest("b", { containers })), "201");
  });

  test("counts what a Service becomes, and nothing for a change that takes nothing", () => {
    const client = clientWith({ "services.nodeports": "1" });
    const services = `${core}/services`;
    const service = (count: number, type: string): JsonObject => ({
      metadata: { name: "web" },
      spec: {
        type,
        ports: Array.from({ length: count }, (_, index) => ({
          name: `p${index}`,
          port: 80 + index,
        })),
      },
    });
    assert.equal(sent(client, `POST ${services}`, service(2, "ClusterIP")), "201");
    assert.match(
      sent(client, `PUT ${services}/web`, service(2, "NodePort")),
      /^403 .*nodeports=2/u,
    );
    assert.equal(sent(client, `PUT ${services}/web`, service(1, "NodePort")), "200");
    assert.equal(sent(client, `PUT ${services}/web`, service(1, "NodePort")), "200");
  });

  test("is weighed, and not charged, by what is only tried", () => {
    const client = clientWith({ configmaps: "1" });
    const tried = `POST ${paths.configMaps}?dryRun=All`;
    assert.equal(sent(client, tried, configMapManifest("a")), "201");
    assert.equal(sent(client, `POST ${paths.configMaps}`, configMapManifest("a")), "201");
    assert.match(sent(client, tried, configMapManifest("b")), /^403/u);
  });
});
