import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import type { ClassicServer } from "./classic-server.ts";
import { send, startClassic, startService, stopService } from "./service.test.ts";

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
---
apiVersion: v1
kind: Service
metadata: {name: web}
`;

/** Something of this computer that is not loopback; undefined if there is nothing. */
function ownAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address;
}

describe("createClassicServer", () => {
  const applied: { readonly object: JsonObject; readonly dryRun: boolean }[] = [];
  const folder = mkdtempSync(join(tmpdir(), "gateway-classic-"));
  const unixPath = join(folder, "classic.sock");
  let server: ClassicServer;
  before(async () => {
    server = await startClassic(undefined, {
      unixPath,
      apply: async (object, { dryRun }) => {
        applied.push({ object, dryRun });
        return { status: 200, body: {} };
      },
      limits: { bodyBytesMax: 10_000 },
    });
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const post = (
    path: string,
    headers: Record<string, string> = {},
    body = manifest,
  ): ReturnType<typeof send> =>
    send(server.port, {
      method: "POST",
      path,
      headers: { Host: "localhost:8080", "Content-Type": "application/yaml", ...headers },
      body,
    });

  test("applies a manifest, after it has tried all of it", async () => {
    const answer = await post("/v1/workloads/stateless");
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.text).applied, ["Deployment/web", "Service/web"]);
    assert.deepEqual(
      applied.map(({ object, dryRun }) => `${JSON.stringify(object["kind"])} ${dryRun}`),
      ['"Deployment" true', '"Service" true', '"Deployment" false', '"Service" false'],
    );
  });

  for (const [what, path, headers, status] of [
    ["a form of another site", "/v1/workloads/stateless", { Origin: "http://evil.example" }, 403],
    ["a rebound name", "/v1/workloads/stateless", { Host: "evil.example:8080" }, 403],
    ["a simple content type", "/v1/workloads/stateless", { "Content-Type": "text/plain" }, 415],
    ["an address that is not there", "/v1/workloads/other", {}, 404],
    ["the wrong kind", "/v1/workloads/stateful", {}, 422],
  ] as const) {
    test(`answers ${status} to ${what}, and applies nothing`, async () => {
      const count = applied.length;
      assert.equal((await post(path, headers)).status, status);
      assert.equal(applied.length, count);
    });
  }

  test("refuses other methods, large bodies and malformed YAML", async () => {
    const headers = { Host: "localhost" };
    const got = await send(server.port, { path: "/v1/workloads/stateless", headers });
    assert.equal(got.status, 405);
    assert.equal((await post("/v1/workloads/stateless", {}, "x".repeat(10_001))).status, 413);
    assert.equal((await post("/v1/workloads/stateless", {}, "a: [")).status, 400);
  });

  test("serves /healthz and /metrics", async () => {
    assert.equal((await send(server.port, { path: "/healthz" })).text, "ok");
    assert.equal((await send(server.port, { path: "/metrics?x" })).text, "up 1\n");
  });

  test("serves the same on a Unix socket of its owner, under any name", async () => {
    assert.equal(statSync(unixPath).mode & 0o777, 0o600);
    const socket = connect(unixPath);
    const head = `Host: bee\r\nContent-Type: application/yaml\r\nConnection: close`;
    const length = `Content-Length: ${manifest.length}`;
    socket.write(`POST /v1/workloads/stateless HTTP/1.1\r\n${head}\r\n${length}\r\n\r\n`);
    socket.write(manifest);
    assert.match(await text(socket), /^HTTP\/1\.1 200 OK/u);
  });

  test("drops a client that sends its head too slowly", async () => {
    const slow = await startClassic(undefined, { limits: { firstRequestMsMax: 100 } });
    const socket = connect(slow.port, "127.0.0.1");
    socket.on("error", () => undefined);
    const dribble = setInterval(() => socket.write("G"), 20);
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    clearInterval(dribble);
    await slow.close();
  });

  test("refuses heads that are too large", async () => {
    const answer = await send(server.port, {
      headers: { Host: "shop", "X-Large": "x".repeat(1e5) },
    });
    assert.equal(answer.status, 431);
  });

  test("leaves all paths of a host to the service that claims it", async () => {
    const service = await startService((incoming, outgoing) => outgoing.end(incoming.url));
    const claimed = await startClassic(service, { claims: (host) => host === "shop" });
    for (const path of ["/v1/users", "/metrics", "/healthz"]) {
      assert.equal((await send(claimed.port, { path, headers: { Host: "Shop:80" } })).text, path);
    }
    assert.equal((await send(claimed.port, { path: "/healthz" })).text, "ok");
    await claimed.close();
    stopService(service);
  });

  test("tells the network nothing but whether it is well", async (t) => {
    const address = ownAddress();
    if (address === undefined) {
      t.skip("this computer has no address but loopback");
      return;
    }
    const open = await startClassic(undefined, { host: address });
    const ask = async (path: string): Promise<string> => {
      const { status, text: body } = await send(open.port, { host: address, path });
      return `${status} ${body.trim()}`;
    };
    assert.equal(await ask("/healthz"), "200 ok");
    assert.match(await ask("/metrics"), /^403 /u);
    assert.match(await ask("/v1/workloads/stateless"), /^403 /u);
    assert.equal(await ask("/x"), `404 No service is for host "${address}" and path "/x"`);
    await open.close();
  });

  test("finishes an answer of a service before it closes", async () => {
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const service = await startService((_incoming, outgoing) => {
      begun.resolve();
      void gate.promise.then(() => outgoing.end("done"));
    });
    const closing = await startClassic(service);
    const answer = send(closing.port, { headers: { Host: "shop" } });
    const idle = connect(closing.port, "127.0.0.1");
    idle.resume();
    await once(idle, "connect");
    await begun.promise;
    const closed = closing.close();
    gate.resolve();
    assert.equal((await answer).text, "done");
    await closed;
    stopService(service);
  });
});
