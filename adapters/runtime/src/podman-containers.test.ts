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

describe("PodmanContainers, with an engine that knows some containers", () => {
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
    begins: { Running: false, Status: "initialized", ExitCode: 0 },
    stops: { Running: false, Status: "stopping", Pid: process.pid, ExitCode: 0 },
    killed: { Running: false, Status: "stopping", Pid: 2 ** 31 - 1, ExitCode: 0 },
    untold: { Running: false, Status: "stopped", ExitCode: 0, FinishedAt: "0001-01-01T00:00:00Z" },
    ended: {
      Running: false,
      Status: "exited",
      ExitCode: 139,
      OOMKilled: true,
      FinishedAt: "2026-11-29T05:00:00Z",
    },
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

  test("does not take a container that begins or stops for one that has ended well", async () => {
    assert.equal(await containers.exitOf("begins", undefined), "running");
    assert.equal(await containers.exitOf("stops", undefined), "running");
    for (const id of ["killed", "untold"]) {
      const exit = await containers.exitOf(id, undefined);
      assert(typeof exit === "object" && exit.exitCode === 137, id);
    }
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
