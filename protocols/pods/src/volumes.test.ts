import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, Pod, Volume } from "@beemesh/model";
import type { TokenWish } from "./api-access.ts";
import { volumePlan } from "./volumes.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", namespace: "shop", uid: "U", labels: { app: "web" } },
  spec: { containers: [] },
};
const facts = { nodeName: "ann", hostIp: "", podIp: "", cpuMillicores: 1000, memoryBytes: 1 };

function lookup(resource: string, _namespace: string, name: string): KubeObject | undefined {
  if (name !== "conf") return undefined;
  const data = resource === "secrets" ? { a: "Yg==" } : { a: "b", c: "d" };
  return { apiVersion: "v1", kind: "Any", metadata: { name }, data };
}

function plan(volume: Omit<Volume, "name">): unknown {
  const result = volumePlan({ name: "v", ...volume }, { pod, lookup, facts });
  return result.ok ? result.value : result.missing.message;
}

function files(volume: Omit<Volume, "name">): unknown {
  const result = volumePlan({ name: "v", ...volume }, { pod, lookup, facts });
  if (!result.ok) return result.missing.message;
  assert(result.value.kind === "files");
  return result.value.files.map(({ path, content, mode }) => [path, content, mode.toString(8)]);
}

describe("volumePlan", () => {
  test("plans empty directories and paths of the host", () => {
    assert.deepEqual(plan({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }), {
      name: "v",
      kind: "empty",
      inMemory: true,
      sizeBytesMax: 2 ** 20,
    });
    assert.deepEqual(plan({ emptyDir: {} }), { name: "v", kind: "empty", inMemory: false });
    const hostPath = { path: "/srv", type: "Directory" };
    assert.deepEqual(plan({ hostPath }), { name: "v", kind: "host", ...hostPath });
  });

  test("makes files of ConfigMaps and Secrets, all or the chosen keys", () => {
    assert.deepEqual(files({ configMap: { name: "conf" } }), [
      ["a", "Yg==", "644"],
      ["c", "ZA==", "644"],
    ]);
    const items = [{ key: "a", path: "deep/b", mode: 0o400 }];
    assert.deepEqual(files({ secret: { secretName: "conf", items } }), [["deep/b", "Yg==", "400"]]);
  });

  test("makes files of fields and of several sources", () => {
    const downwardAPI = { items: [{ path: "l", fieldRef: { fieldPath: "metadata.labels" } }] };
    const label = ["l", Buffer.from('app="web"').toString("base64"), "600"];
    const sources = [{ downwardAPI }, { secret: { name: "conf" } }];
    assert.deepEqual(files({ projected: { defaultMode: 0o600, sources } }), [
      label,
      ["a", "Yg==", "600"],
    ]);
  });

  test("makes files of what a container may use", () => {
    const limits = { cpu: "1250m", memory: "64Mi" };
    const container = { name: "main", image: "i", resources: { limits } };
    const own = { ...pod, spec: { containers: [container] } };
    const items = ["limits.cpu", "requests.memory"].map((resource) => ({
      path: resource,
      resourceFieldRef: { containerName: "main", resource, divisor: "1Ki" },
    }));
    const made = volumePlan({ name: "v", downwardAPI: { items } }, { pod: own, lookup, facts });
    assert(made.ok && made.value.kind === "files");
    const texts = made.value.files.map(({ content }) => Buffer.from(content, "base64").toString());
    assert.deepEqual(texts, ["1", "65536"]);
  });

  test("makes files of tokens, or says why there are none", () => {
    const sources = [{ serviceAccountToken: { path: "token", audience: "vault" } }];
    assert.match(String(plan({ projected: { sources } })), /makes no tokens/u);
    const access = {
      host: "",
      port: 0,
      rootCa: "",
      token: (_: Pod, { audience, expirationSeconds }: TokenWish) =>
        audience === "vault" ? `for ${audience} ${expirationSeconds}` : undefined,
    };
    const made = volumePlan({ name: "v", projected: { sources } }, { pod, lookup, facts, access });
    assert(made.ok && made.value.kind === "files");
    assert.deepEqual(made.value.files, [
      { path: "token", content: Buffer.from("for vault 3600").toString("base64"), mode: 0o644 },
    ]);
    const other = [{ serviceAccountToken: { path: "token" } }];
    const source = { pod, lookup, facts, access };
    const none = volumePlan({ name: "v", projected: { sources: other } }, source);
    assert(!none.ok);
    assert.deepEqual(none.missing.dependency, {
      resource: "serviceaccounts",
      namespace: "shop",
      name: "default",
    });
    const out = [{ serviceAccountToken: { path: "../token", audience: "vault" } }];
    assert(!volumePlan({ name: "v", projected: { sources: out } }, source).ok);
  });

  test("names what is missing, leaves out what is optional", () => {
    assert.equal(plan({ configMap: { name: "none" } }), 'configmap "none" not found');
    assert.deepEqual(files({ configMap: { name: "none", optional: true } }), []);
    const items = [{ key: "x", path: "x" }];
    assert.match(
      String(plan({ configMap: { name: "conf", items } })),
      /non-existent config key: x/u,
    );
    assert.match(String(plan({ nfs: {} })), /not supported/u);
  });

  test("never leads out of its directory", () => {
    const items = [{ key: "a", path: "../../etc/passwd" }];
    assert.equal(typeof plan({ configMap: { name: "conf", items } }), "string");
  });
});
