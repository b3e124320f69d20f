import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach, describe, test } from "node:test";
import { portOf } from "../../../../test/port-of.ts";
import { Collector } from "./collector.ts";

const pod = {
  uid: "u1",
  namespace: "shop",
  name: "web-1",
  serviceAccount: "web",
  mesh: "m",
  machine: "m1",
};
const span = {
  context: { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true },
  parentSpanId: "c".repeat(16),
  name: "GET",
  kind: "client",
  startWallMs: 1,
  durationMs: 2,
  attributes: {},
  isError: false,
} as const;

describe("spans of sidecars", () => {
  let server: Server | undefined;
  let collector: Collector | undefined;
  afterEach(() => {
    collector?.close();
    server?.closeAllConnections();
    server?.close();
  });

  async function open(answer: (asked: IncomingMessage, response: ServerResponse) => void) {
    server = createServer(answer);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const url = `http://127.0.0.1:${portOf(server)}/v1/traces`;
    const dropped = Promise.withResolvers<string>();
    const onDropped = (cause: string, count: number): void => dropped.resolve(`${cause} ${count}`);
    collector = new Collector({ url, self: "m1", onDropped });
    return { collector, dropped: dropped.promise };
  }

  test("are posted together, each pod's as its own", async () => {
    const posted = Promise.withResolvers<unknown>();
    const { collector: made } = await open((asked, response) => {
      assert.equal(`${asked.method} ${asked.url}`, "POST /v1/traces");
      void json(asked).then(posted.resolve, posted.reject);
      response.end("{}");
    });
    made.take(pod, [span, span]);
    made.take({ ...pod, name: "web-2" }, [span]);
    const text = JSON.stringify(await posted.promise);
    assert.equal(text.match(/"traceId":"a{32}"/gu)?.length, 3);
    assert.equal(text.match(/"scopeSpans"/gu)?.length, 2);
    assert.match(text, /"k8s.pod.name","value":\{"stringValue":"web-2"\}/u);
    assert.match(text, /"parentSpanId":"c{16}"/u);
  });

  test("are dropped and counted if the collector does not want them", async () => {
    const { collector: made, dropped } = await open((_, response) => {
      response.statusCode = 503;
      response.end();
    });
    made.take(pod, [span, span]);
    assert.equal(await dropped, "refused 2");
  });

  test("are dropped and counted if there are too many", async () => {
    const { collector: made, dropped } = await open(() => {});
    const many = Array.from({ length: 64 }, () => span);
    for (let count = 0; count < 65; count += 1) made.take(pod, many);
    assert.equal(await dropped, "full 64");
  });

  test("go nowhere without a collector, whose address sidecars learn only in part", () => {
    const nowhere = new Collector({ url: "", self: "m1", onDropped: () => undefined });
    assert.equal(nowhere.told, "");
    const url = "https://user:key@traces.example/v1/traces?token=x";
    const keyed = new Collector({ url, self: "m1", onDropped: () => undefined });
    assert.equal(keyed.told, "https://traces.example");
  });
});
