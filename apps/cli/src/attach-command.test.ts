/** Attaching a program to a real daemon, and reaching it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { createLog, type Daemon, Home, readConfig, startDaemon } from "@beemesh/daemon";
import { callUnix, until } from "@beemesh/dev";
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";
import { portOf } from "../../../test/port-of.ts";
import { accept, attach, detach } from "./attach-command.ts";
import { forwardService } from "./service-forward.ts";

describe("beemesh attach", () => {
  const data = mkdtempSync(join(tmpdir(), "attach-"));
  const home = new Home(data);
  const socketPath = home.httpSocket;
  let daemon: Daemon;
  let program: Server;
  let port = 0;
  before(async () => {
    home.initialize(Date.now());
    const settings: Readonly<Record<string, string>> = {
      name: "m1",
      data,
      runtime: "process",
      meshHost: "127.0.0.1",
      meshPort: "0",
      apiPort: "0",
      httpPort: "0",
      mdns: "false",
    };
    const nothing = (): undefined => undefined;
    const config = readConfig({
      flag: (name) => settings[name],
      environment: nothing,
      file: nothing,
    });
    const write = (): void => undefined;
    const log = createLog({ format: "text", level: "error", write, wallMs: () => 0 });
    daemon = await startDaemon(config, log);
    program = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await once(program.listen(0, "127.0.0.1"), "listening");
    port = portOf(program);
  });
  after(async () => {
    await daemon.stop();
    program.close();
    rmSync(data, { recursive: true });
  });

  const flagsFor = (name: string): Parameters<typeof attach>[1] => ({
    name,
    port: [port],
    namespace: "default",
    address: "127.0.0.1",
    serviceAccount: "db",
    reach: [],
  });

  async function read(path: string): Promise<JsonObject> {
    const { body } = await callUnix(socketPath, { path: `/v1/objects/${path}` });
    const object = parseJson(body);
    return isJsonObject(object) ? object : {};
  }

  async function apply(...objects: readonly JsonObject[]): Promise<void> {
    const { status, body } = await callUnix(socketPath, {
      path: "/v1/workloads/stateless",
      method: "POST",
      headers: { "content-type": "application/yaml" },
      body: objects.map((object) => JSON.stringify(object)).join("\n---\n"),
    });
    assert.equal(status, 200, body);
  }

  const workload = "apis/beemesh.io/v1/namespaces/default/externalworkloads/db";

  test("gives a program a record, health and a way in, until it is detached", async () => {
    const made = await attach(socketPath, flagsFor("db"));
    assert.deepEqual(made, [
      `externalworkload.beemesh.io/db in namespace default: on machine m1, 127.0.0.1 port ${port}`,
    ]);
    await until("that it is ready", 30_000, async () => {
      const { status } = await read(workload);
      return isJsonObject(status) && status["ready"] === true ? status : undefined;
    });
    const { metadata } = await read(workload);
    const uid = isJsonObject(metadata) ? (metadata["uid"] ?? "") : "";
    await apply(
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: "default", name: "db" },
        spec: { ports: [{ port: 5432 }] },
      },
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          namespace: "default",
          name: "db-1",
          labels: { "kubernetes.io/service-name": "db" },
        },
        addressType: "IPv4",
        ports: [{ port }],
        endpoints: [
          {
            addresses: ["198.19.0.1"],
            nodeName: "m1",
            targetRef: { kind: "ExternalWorkload", uid },
          },
        ],
      },
    );
    const wish = { namespace: "default", service: "db", port: "" };
    const onFailure = (reason: string): void => assert.fail(reason);
    const forward = await forwardService({ socketPath, wish, listenPort: 0, onFailure });
    const [, listening] = forward.address.split(":");
    const client = connect({ port: Number(listening), host: "127.0.0.1", allowHalfOpen: true });
    client.end("hello");
    assert.equal(await text(client), "hello");
    await forward.close();
    assert.deepEqual(await detach(socketPath, flagsFor("db")), [
      "externalworkload.beemesh.io/db removed from namespace default",
    ]);
    assert.equal((await read(workload))["reason"], "NotFound");
    await assert.rejects(detach(socketPath, flagsFor("db")), { code: "attach-refused" });
  });

  test("makes a Service, and removes no other", async () => {
    const flags = { ...flagsFor("cache"), service: true };
    assert.equal((await attach(socketPath, flags)).length, 2);
    await attach(socketPath, flags);
    assert.deepEqual(await detach(socketPath, flags), [
      "externalworkload.beemesh.io/cache removed from namespace default",
      "service/cache removed from namespace default",
    ]);
    await apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "default", name: "web" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    await assert.rejects(attach(socketPath, { ...flags, name: "web" }), {
      message: /there is another Service web/u,
    });
  });

  test("does nothing for what others write, until the owner accepts it", async () => {
    const path = workload.replace(/db$/u, "foreign");
    await apply({
      apiVersion: "beemesh.io/v1",
      kind: "ExternalWorkload",
      metadata: { namespace: "default", name: "foreign" },
      spec: { machine: "m1", ports: [{ port }] },
    });
    const statusLike = (pattern: RegExp): Promise<unknown> =>
      until(`status like ${pattern.source}`, 30_000, async () => {
        const { status } = await read(path);
        return pattern.test(JSON.stringify(status ?? {})) ? true : undefined;
      });
    await statusLike(/"ready":false.*"type":"Accepted","status":"False","reason":"NoConsent"/u);
    const place = { name: "foreign", namespace: "default" };
    const [said = "", spec = ""] = await accept(socketPath, place);
    assert.match(said, /foreign in namespace default may do this here/u);
    assert(spec.includes(`"port":${port}`));
    await statusLike(/"ready":true.*"type":"Accepted","status":"True","reason":"Attached"/u);
    await apply({
      apiVersion: "beemesh.io/v1",
      kind: "ExternalWorkload",
      metadata: { namespace: "default", name: "foreign" },
      spec: { machine: "m1", ports: [{ port }], serviceAccountName: "root" },
    });
    await statusLike(/"ready":false.*"reason":"TermsChanged"/u);
    await detach(socketPath, { ...flagsFor("foreign") });
    await assert.rejects(accept(socketPath, place), { code: "attach-refused" });
  });

  test("refuses what is on another machine, or not right", async () => {
    await apply({
      apiVersion: "beemesh.io/v1",
      kind: "ExternalWorkload",
      metadata: { namespace: "default", name: "far" },
      spec: { machine: "m2", ports: [{ port }] },
    });
    await assert.rejects(attach(socketPath, flagsFor("far")), {
      code: "attach-refused",
      message: /attached to machine m2/u,
    });
    await assert.rejects(attach(socketPath, { ...flagsFor("x"), port: [] }), /--port says/u);
    await assert.rejects(attach(socketPath, { ...flagsFor("x"), address: "169.254.169.254" }), {
      message: /may not be unspecified, link-local or multicast/u,
    });
    await assert.rejects(attach(join(data, "nowhere.sock"), flagsFor("x")), {
      code: "daemon-absent",
    });
  });
});
