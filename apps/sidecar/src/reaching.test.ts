import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { NameRecord, Refusal } from "@beemesh/workload";
import { portOf } from "../../../test/port-of.ts";
import type { Answer } from "./channel.ts";
import { Reaching } from "./reaching.ts";

const redis = "redis.cache.svc.cluster.local";

/** A port of loopback that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

/** Ports of a program whose connections are told, and answered with where they go. */
function stage(...texts: readonly string[]) {
  const refusals: Refusal[] = [];
  const records: NameRecord[] = [];
  const asked: string[] = [];
  const resolve = (name: string): Promise<Answer<"names">> => {
    asked.push(name);
    return Promise.resolve({ kind: "names", id: 1, status: "found", ttlSeconds: 1, records });
  };
  const reaching = new Reaching({
    texts,
    connectionsMax: 10,
    resolve,
    refusals: { report: (refusal) => void refusals.push(refusal) },
    name: () => "spiffe://mesh/ns/shop/sa/db",
    onConnection: (app, ip, port) => {
      app.write(Buffer.from(`${ip} ${port}`));
      app.end();
      app.read({ onData: () => {}, onEnd: () => {}, onDrain: () => {}, onClose: () => {} });
    },
  });
  return { reaching, refusals, records, asked };
}

describe("Reaching", () => {
  test("leads a port of the machine to where the Service's name leads", async () => {
    const port = await freePort();
    const { reaching, records, asked } = stage(`127.0.0.1:${port}=${redis}:6379`, "nonsense");
    records.push(
      { type: "CNAME", name: redis, target: "other" },
      { type: "A", name: redis, address: "10.96.0.7" },
    );
    reaching.open();
    assert.equal(await text(connect(port, "127.0.0.1")), "10.96.0.7 6379");
    assert.deepEqual(asked, [redis]);
    reaching.close();
  });

  test("resets what leads nowhere, and says so", async () => {
    const port = await freePort();
    const { reaching, refusals } = stage(`127.0.0.1:${port}=${redis}:6379`);
    reaching.open();
    await assert.rejects(text(connect(port, "127.0.0.1")), { code: "ECONNRESET" });
    assert.deepEqual(refusals, [
      {
        direction: "out",
        protocol: "tcp",
        source: "spiffe://mesh/ns/shop/sa/db",
        target: redis,
        port: 6379,
        cause: "unknown",
        reason: `there is no address of ${redis}`,
      },
    ]);
    reaching.close();
  });

  test("says that a port is taken, to each machine that comes, and waits for it", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const other = createServer();
    await once(other.listen(0, "127.0.0.1"), "listening");
    const port = portOf(other);
    const { reaching, refusals, records } = stage(`127.0.0.1:${port}=${redis}:6379`);
    records.push({ type: "A", name: redis, address: "10.96.0.7" });
    reaching.open();
    reaching.report();
    assert.deepEqual(
      refusals.map(({ cause, reason }) => `${cause} ${reason}`),
      [1, 2].map(() => `listen EADDRINUSE 127.0.0.1:${port}`),
    );
    other.close();
    await once(other, "close");
    t.mock.timers.tick(5000);
    assert.equal(await text(connect(port, "127.0.0.1")), "10.96.0.7 6379");
    reaching.report();
    assert.equal(refusals.length, 2);
    reaching.close();
  });
});
