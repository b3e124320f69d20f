import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { callUnix } from "./http.ts";

test("callUnix sends method, path and body, and gives what came back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "http-"));
  const path = join(folder, "s.sock");
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await text(request);
      response.writeHead(202).end(`${request.method} ${request.url} ${body}`);
    };
    void answer();
  });
  await new Promise<void>((resolve) => server.listen(path, () => resolve()));
  try {
    const answer = await callUnix(path, { method: "POST", path: "/v1", body: "hello" });
    assert.deepEqual(answer, { status: 202, body: "POST /v1 hello" });
    await assert.rejects(callUnix(join(folder, "none.sock"), { path: "/" }));
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
