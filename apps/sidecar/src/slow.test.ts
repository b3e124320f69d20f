/** Clients of HTTP that are slow or long on purpose, on their way out and in, and others beside. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { metricOf } from "./testing/programs.ts";
import { readAll, Stage, type StagePod } from "./testing/stage.ts";

const address = "10.96.0.80";
const key = `tcp ${address} 80`;
/** Clients that never finish what they say. */
const slowCount = 200;

describe("HTTP through a sidecar", () => {
  const stage = new Stage();
  let web: StagePod;
  let db: StagePod;
  let asked = 0;
  const server = createServer((message, response) => {
    asked += 1;
    if (message.url === "/long") response.setHeader("x-long", "x".repeat(1_000_000));
    response.end("served");
  });

  before(async () => {
    [web, db] = [await stage.pod("web"), await stage.pod("db")];
    const port = await stage.listen(db, (socket) => server.emit("connection", socket));
    stage.route(web, db, port, address);
    const endpoints = [{ ...db.facts, ip: db.ip, port }];
    const named = { kind: "service", key, namespace: "shop", name: "db", port: 80 } as const;
    web.machine.rules.routes.set(key, { ...named, appProtocol: "http", endpoints });
  });
  after(() => {
    server.close();
    stage.close();
  });

  async function ask(head: string): Promise<string> {
    const socket = await stage.connect(web, address);
    socket.write(`${head}\r\n\r\n`);
    return readAll(socket);
  }
  const askPlainly = (): Promise<string> => ask("GET / HTTP/1.1\r\nHost: db\r\nConnection: close");

  test("takes no carrier for who never ends its head, and serves others", async () => {
    assert.match(await askPlainly(), /served/u);
    const [used, earlier] = [await carriers(), asked];
    const slow: Socket[] = [];
    for (let index = 0; index < slowCount; index += 1) {
      const socket = await stage.connect(web, address);
      socket.write(`GET / HTTP/1.1\r\nX-${index}: a`);
      slow.push(socket);
    }
    for (const socket of slow) socket.write("b");
    assert.match(await askPlainly(), /served/u);
    assert.equal(asked, earlier + 1, "no head that was not whole has come to the program");
    assert((await carriers()) <= used + 2, "nobody waits with a carrier");
    for (const socket of slow) socket.destroy();
  });

  test("gives its carriers back when slow bodies break off, and serves others", async () => {
    const slow: Socket[] = [];
    for (let index = 0; index < 50; index += 1) {
      const socket = await stage.connect(web, address);
      socket.write("POST / HTTP/1.1\r\nHost: db\r\nContent-Length: 1000000\r\n\r\nx");
      slow.push(socket);
    }
    // The program answers without the body; the slow ones hold their carrier until they go.
    await Promise.all(slow.map((socket) => once(socket, "data")));
    assert.match(await askPlainly(), /served/u);
    const closed = slow.map((socket) => once(socket, "close"));
    for (const socket of slow) socket.destroy();
    await Promise.all(closed);
    assert.match(await askPlainly(), /served/u);
  });

  for (const [what, head] of [
    ["a head of a megabyte", `GET / HTTP/1.1\r\nHost: db\r\nX: ${"x".repeat(1_000_000)}`],
    ["ten thousand fields", `GET / HTTP/1.1\r\nHost: db${"\r\na: b".repeat(10_000)}`],
    ["a target of a megabyte", `GET /${"x".repeat(1_000_000)} HTTP/1.1\r\nHost: db`],
  ] as const)
    test(`answers ${what} with 431, counts it, and serves others`, async () => {
      const earlier = asked;
      const counted = await requests("431");
      assert.match(await ask(head), /^HTTP\/1\.1 431 /u);
      assert.equal(asked, earlier);
      assert.equal(await requests("431"), counted + 1);
      assert.match(await askPlainly(), /served/u);
    });

  test("answers 502 for a program whose head has no end, and serves others", async () => {
    const head = "GET /long HTTP/1.1\r\nHost: db\r\nConnection: close";
    assert.match(await ask(head), /^HTTP\/1\.1 502 /u);
    assert.match(await askPlainly(), /served/u);
  });

  async function carriers(): Promise<number> {
    const page = await web.machine.metrics();
    return metricOf(page, 'beemesh_workload_carriers{direction="out"}');
  }

  async function requests(code: string): Promise<number> {
    const page = await web.machine.metrics();
    const lines = page.split("\n").filter((line) => line.includes(`code="${code}"`));
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }
});
