import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { after, before, describe, test } from "node:test";
import type { ExecSession } from "@beemesh/ports";
import { portOf } from "../../../test/port-of.ts";
import { type ProbeWays, runProbe } from "./probe.ts";

describe("runProbe", () => {
  const server = createServer((request, response) => {
    if (request.url === "/silent") return;
    const status = request.url === "/well" && request.headers["x-who"] === "bee" ? 204 : 503;
    response.writeHead(status).end();
  });
  let port = 0;
  let killed = 0;
  const ways: ProbeWays = {
    async connect(wanted) {
      const socket = connect(wanted, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    },
    exec: async (_, [word = ""]) => sessionThatSays(word),
  };

  function sessionThatSays(word: string): ExecSession {
    const stdout = new PassThrough();
    stdout.end(word);
    return {
      stdin: undefined,
      stdout,
      stderr: undefined,
      exitCode:
        word === "hang"
          ? new Promise(() => {})
          : once(stdout, "end").then(() => (word === "well" ? 0 : 3)),
      resize: () => {},
      kill: () => (killed += 1),
    };
  }

  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = portOf(server);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const http = (path: string) => ({
    kind: "http" as const,
    port,
    path,
    tls: false,
    headers: [{ name: "x-who", value: "bee" }],
  });

  test("asks over HTTP, with the headers of its plan", async () => {
    assert.deepEqual(await runProbe(ways, http("/well"), 5000), {
      ok: true,
      message: "status 204",
    });
    assert.deepEqual(await runProbe(ways, http("ill"), 5000), { ok: false, message: "status 503" });
  });

  test("takes any status for well if its plan says so", async () => {
    const result = await runProbe(ways, { ...http("/ill"), anyStatus: true }, 5000);
    assert.deepEqual(result, { ok: true, message: "status 503" });
  });

  test("gives up when the time is over", async () => {
    const result = await runProbe(ways, http("/silent"), 20);
    assert.deepEqual(result, { ok: false, message: "no answer within 20 ms" });
  });

  test("tries a connection", async () => {
    assert((await runProbe(ways, { kind: "tcp", port }, 5000)).ok);
    assert(!(await runProbe(ways, { kind: "tcp", port: 1 }, 5000)).ok);
  });

  test("runs a command, and ends it when the time is over", async () => {
    const exec = (word: string) => ({ kind: "exec" as const, container: "a", command: [word] });
    assert.deepEqual(await runProbe(ways, exec("well"), 5000), { ok: true, message: "well" });
    assert.deepEqual(await runProbe(ways, exec("ill"), 5000), { ok: false, message: "ill" });
    killed = 0;
    assert(!(await runProbe(ways, exec("hang"), 10)).ok);
    assert.equal(killed, 1);
  });
});
