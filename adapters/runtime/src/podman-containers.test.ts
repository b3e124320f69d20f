import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { lookAtHost } from "./host.ts";
import { LibpodClient } from "./libpod-client.ts";
import { lostExit, PodmanContainers } from "./podman-containers.ts";
import { PodmanImages } from "./podman-images.ts";

describe("PodmanContainers, with an engine that knows three containers", () => {
  const folder = mkdtempSync(join(tmpdir(), "containers-"));
  const client = new LibpodClient(join(folder, "s"));
  const containers = new PodmanContainers({
    client,
    images: new PodmanImages(client),
    host: lookAtHost(),
    machine: "m",
    exitsFolder: folder,
  });
  const states = {
    runs: { Running: true, Status: "running" },
    made: { Running: false, Status: "created" },
    ended: { Running: false, Status: "exited", ExitCode: 139, OOMKilled: true },
  };
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url?.replace("/v4.0.0/libpod/containers", "")}`);
    const state = Object.entries(states).find(([id]) => request.url?.includes(`/${id}/`))?.[1];
    if (state === undefined) response.writeHead(404).end("{}");
    else response.end(JSON.stringify({ State: state }));
  });
  before(async () => {
    server.listen(join(folder, "s"));
    await once(server, "listening");
  });
  after(() => {
    client.close();
    server.close();
    rmSync(folder, { recursive: true });
  });

  test("tells how a container ended, or that it has not, or that it is gone", async () => {
    assert.equal(await containers.exitOf("runs", undefined), "running");
    assert.equal(await containers.exitOf("made", undefined), "running");
    assert.equal(await containers.exitOf("none", undefined), "gone");
    const ended = await containers.exitOf("ended", undefined);
    assert(typeof ended === "object");
    assert.deepEqual([ended.exitCode, ended.signal, ended.outOfMemory], [139, 11, true]);
    assert.equal(lostExit().exitCode, 137);
  });

  test("believes conmon's note before it asks the engine", async () => {
    writeFileSync(join(folder, "runs"), "3");
    const exit = await containers.exitOf("runs", undefined);
    assert(typeof exit === "object" && exit.exitCode === 3 && exit.signal === undefined);
  });

  test("stops with whole seconds of grace, and removes with none", async () => {
    calls.length = 0;
    await containers.stop("none", 1200);
    await containers.remove("none");
    assert.deepEqual(calls, ["POST /none/stop?timeout=2", "DELETE /none?force=true&timeout=0"]);
  });
});
