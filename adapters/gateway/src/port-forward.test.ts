import assert from "node:assert/strict";
import { once } from "node:events";
import { duplexPair, PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { gatewayLimits } from "./limits.ts";
import { forwardPorts, join, readPort } from "./port-forward.ts";
import { synStreamFrame } from "./spdy-framer.test.ts";
import { dataHead, rstStreamFrame } from "./spdy-framer.ts";
import { SpdyHeaderWriter } from "./spdy-headers.ts";

describe("forwardPorts", () => {
  test("resets streams without a partner after a while, and malformed ones at once", async () => {
    const [client, server] = duplexPair();
    let got = Buffer.alloc(0);
    client.on("data", (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    const limits = { ...gatewayLimits, streamOpenMsMax: 20 };
    forwardPorts(server, () => assert.fail("connects"), limits);
    const writer = new SpdyHeaderWriter();
    const open = (id: number, headers: Record<string, string>): void => {
      client.write(synStreamFrame(id, writer.write(new Map(Object.entries(headers)))));
    };
    open(1, { streamtype: "data", port: "80", requestid: "0" });
    open(3, { streamtype: "data", port: "0", requestid: "1" });
    open(5, { streamtype: "other", port: "80", requestid: "1" });
    open(7, { streamtype: "data", port: "80", requestid: "0" });
    const wanted = [rstStreamFrame(3, 3), rstStreamFrame(5, 3), rstStreamFrame(7, 3)];
    wanted.push(rstStreamFrame(1, 5));
    while (!wanted.every((frame) => got.includes(frame))) await once(client, "data");
  });

  test("half-closes: what the pod says after the client's end still arrives", async () => {
    const [client, server] = duplexPair();
    const [pod, target] = duplexPair();
    let got = Buffer.alloc(0);
    client.on("data", (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    forwardPorts(server, async () => target, gatewayLimits);
    const writer = new SpdyHeaderWriter();
    const headers = (type: string): Buffer =>
      writer.write(new Map(Object.entries({ streamtype: type, port: "80", requestid: "0" })));
    client.write(synStreamFrame(1, headers("error"), true));
    client.write(synStreamFrame(3, headers("data")));
    client.write(Buffer.concat([dataHead(3, 5, true), Buffer.from("hello")]));
    const chunks: Buffer[] = [];
    pod.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(pod, "end");
    assert.equal(Buffer.concat(chunks).toString(), "hello");
    pod.end("late answer");
    while (!got.includes("late answer") || !got.includes(dataHead(1, 0, true))) {
      await once(client, "data");
    }
  });
});

test("join breaks one side when the other breaks, and says when both are over", async () => {
  const [one, other] = [new PassThrough(), new PassThrough()];
  const done = Promise.withResolvers<void>();
  join(one, other, done.resolve);
  one.destroy(new Error("broken"));
  await done.promise;
  assert(other.destroyed);
});

test("readPort takes 1 to 65535 only", () => {
  assert.equal(readPort("8080"), 8080);
  for (const text of [undefined, "", "0", "65536", "-1", "1.5", "080808", " 80"]) {
    assert.equal(readPort(text), undefined, String(text));
  }
});
