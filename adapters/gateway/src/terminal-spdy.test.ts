import assert from "node:assert/strict";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { gatewayLimits } from "./limits.ts";
import { synStreamFrame } from "./spdy-framer.test.ts";
import { dataHead, rstStreamFrame } from "./spdy-framer.ts";
import { SpdyHeaderWriter } from "./spdy-headers.ts";
import { spdyTerminal } from "./terminal-spdy.ts";

const wanted = { stdin: false, stdout: true, stderr: false, tty: true };

describe("spdyTerminal", () => {
  test("waits for the streams that are wanted, and refuses others", async () => {
    const [client, server] = duplexPair();
    let got = Buffer.alloc(0);
    client.on("data", (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    const opening = spdyTerminal(server, wanted, gatewayLimits);
    const writer = new SpdyHeaderWriter();
    const open = (id: number, type: string): void => {
      client.write(synStreamFrame(id, writer.write(new Map([["streamtype", type]]))));
    };
    open(1, "error");
    open(3, "stdin");
    open(5, "resize");
    for (const text of ['{"Width":80,', '"Height":24}{"Width":90,"Height":30}']) {
      client.write(Buffer.concat([dataHead(5, text.length, false), Buffer.from(text)]));
    }
    open(7, "stdout");
    const terminal = await opening;
    assert(got.includes(rstStreamFrame(3, 3)));
    const sizes: (readonly number[])[] = [];
    terminal.onResize((...size) => sizes.push(size));
    assert.deepEqual(sizes, [[90, 30]]);
    assert.equal(terminal.stdin, undefined);
    terminal.finish({ status: "Success" });
    await once(client, "end");
    assert(got.includes('{"status":"Success"}'));
  });

  test("gives up when a stream is missing for too long or the client leaves", async () => {
    const [, server] = duplexPair();
    const limits = { ...gatewayLimits, streamOpenMsMax: 10 };
    await assert.rejects(spdyTerminal(server, wanted, limits), { code: "streams-missing" });
    const [, left] = duplexPair();
    const opening = spdyTerminal(left, wanted, gatewayLimits);
    left.destroy();
    await assert.rejects(opening, { code: "streams-missing" });
  });
});
