import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { KubeObject, Resource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import type { BackendOptions } from "./backend.ts";
import { openClassic } from "./classic.ts";
import { Ways } from "./ingress/ways.ts";
import { createLog } from "./log.ts";
import type { DaemonStatus } from "./status.ts";
import type { PodAccess } from "./tunnel/pod-access.ts";

const service: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "shop", namespace: "default" },
};

function sliceOf(uids: readonly string[]): KubeObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "shop-1",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "shop" },
    },
    ports: [{ name: "http", port: 80 }],
    endpoints: uids.map((uid) => ({
      targetRef: { uid },
      nodeName: "m1",
      conditions: { ready: true },
    })),
  };
}

/** Serves `objects`; each pod answers HTTP with its own uid. Gives how to ask. */
async function withClassic(
  objects: readonly KubeObject[],
  use: (ask: (path: string) => Promise<string>, health: { disk: string }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "classic-"));
  const health = { runtime: "", disk: "", clock: "" };
  const list = ({ kind }: Resource): unknown => ({
    items: objects.filter((object) => object.kind === kind),
    revision: "1",
  });
  const connect = ({ uid }: { uid: string }): Promise<unknown> => {
    const [near, far] = duplexPair();
    far.once("data", () => {
      far.end(`HTTP/1.1 200 OK\r\nContent-Length: ${uid.length}\r\n\r\n${uid}`);
    });
    return Promise.resolve(near);
  };
  const ways = new Ways({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- routing only reads
    objects: { list, onChange: () => () => undefined } as unknown as ObjectStore,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
    pods: { connect } as unknown as PodAccess,
    reading: { bringAll: () => Promise.resolve(), namespaces: () => [] },
    log: createLog({ format: "text", level: "error", write: () => undefined, wallMs: () => 0 }),
    nowMs: () => 0,
  });
  const server = await openClassic({
    port: 0,
    unixPath: join(folder, "http.sock"),
    name: "m1",
    host: "127.0.0.1",
    ways,
    meters: { turnedAwayHttp: () => undefined },
    consents: { give: () => undefined, withdraw: () => undefined },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
    backend: { host: { health } } as unknown as BackendOptions,
    metrics: () => Promise.resolve("beemesh_machines 1\n"),
    connections: () => ({ machine: "m1", connections: [] }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is only passed on
    status: () => ({ machine: "m1" }) as DaemonStatus,
  });
  const ask = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socketPath = join(folder, "http.sock");
      const options = { socketPath, path, headers: { host: "shop" } };
      const sent = request(options, (response) => {
        text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
      });
      sent.on("error", reject);
      sent.end();
    });
  try {
    await use(ask, health);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

describe("openClassic", () => {
  test("passes requests to the ready pods of a service, one after the other", async () => {
    await withClassic([service, sliceOf(["u1", "u2"])], async (ask) => {
      const answers = [await ask("/"), await ask("/"), await ask("/"), await ask("/")];
      assert.deepEqual(new Set(answers), new Set(["200 u1", "200 u2"]));
    });
  });

  test("says which service has no pod", async () => {
    await withClassic([service, sliceOf([])], async (ask) => {
      assert.match(await ask("/"), /^50[234] /u);
    });
  });

  test("tells its status, its metrics, and whether it is well", async () => {
    await withClassic([], async (ask, health) => {
      assert.equal((await ask("/v1/status")).trim(), '200 {"machine":"m1"}');
      assert.equal(await ask("/metrics"), "200 beemesh_machines 1\n");
      assert.equal(await ask("/healthz"), "200 ok");
      health.disk = "full";
      assert.equal(await ask("/healthz"), "503 not ok");
    });
  });

  test("says when another has its port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it fails before it looks
    const options = { name: "m1", port, unixPath: "/nowhere", backend: {} } as Parameters<
      typeof openClassic
    >[0];
    await assert.rejects(openClassic(options), { code: "EADDRINUSE" });
    other.close();
  });
});
