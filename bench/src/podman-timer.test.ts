import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createPodmanTimer } from "./podman-timer.ts";

test("createPodmanTimer creates, starts and removes; removal is not counted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "podman-timer-"));
  const socketPath = join(folder, "podman.sock");
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    request.resume();
    response.writeHead(request.method === "POST" ? 201 : 200).end('{"Id":"c1"}');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, () => resolve()));
  try {
    const took = await createPodmanTimer(socketPath)();
    assert.ok(took > 0);
    assert.deepEqual(heard, [
      "POST /v4.0.0/libpod/containers/create",
      "POST /v4.0.0/libpod/containers/c1/start",
      "DELETE /v4.0.0/libpod/containers/c1?force=true&timeout=0",
    ]);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
