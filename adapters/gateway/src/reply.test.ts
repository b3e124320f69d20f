import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { ReplySink } from "@beemesh/ports";
import { portOf } from "../../../test/port-of.ts";
import { gatewayLimits } from "./limits.ts";
import { sendReadable, sendRefusal, sendStream, sendWhole } from "./reply.ts";

type Send = (outgoing: ServerResponse, incoming: IncomingMessage) => unknown;

/** Asks a server that answers by `send`, and hands the answer to `check`. */
async function ask(
  send: Send,
  check: (answer: IncomingMessage) => Promise<void>,
  headers: Record<string, string> = {},
): Promise<void> {
  const server = createServer((incoming, outgoing) => void send(outgoing, incoming));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const port = portOf(server);
  const client = request({ port, host: "127.0.0.1", headers, agent: false }).end();
  client.on("error", () => undefined);
  try {
    const [answer]: IncomingMessage[] = await once(client, "response");
    assert(answer);
    await check(answer);
  } finally {
    client.destroy();
    server.close();
    server.closeAllConnections();
  }
}

describe("sendWhole", () => {
  const large = { items: "x".repeat(200_000) };
  const json: Send = (outgoing, incoming) =>
    sendWhole(
      outgoing,
      { kind: "json", status: 201, body: large, warnings: ["héy"], headers: { "X-One": "1" } },
      { incoming, limits: gatewayLimits },
    );

  test("compresses what is large if the client can read it", async () => {
    await ask(
      json,
      async (answer) => {
        assert.equal(answer.statusCode, 201);
        assert.equal(answer.headers["content-encoding"], "gzip");
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk);
        assert.deepEqual(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()), large);
      },
      { "Accept-Encoding": "br, gzip;q=0.5" },
    );
  });

  for (const encoding of ["", "br", "gzip;q=0", "xgzip"]) {
    test(`does not compress for ${JSON.stringify(encoding)}`, async () => {
      await ask(
        json,
        async (answer) => {
          assert.equal(answer.headers["content-encoding"], undefined);
          assert.equal(answer.headers["x-one"], "1");
          const warning = Buffer.from(String(answer.headers["warning"]), "latin1").toString();
          assert.equal(warning, '299 - "héy"');
          assert.equal((await text(answer)).length, JSON.stringify(large).length);
        },
        { "Accept-Encoding": encoding },
      );
    });
  }
});

test("sendRefusal sends a Status and when to come again", async () => {
  const refusal = { code: 429, message: "later", retryAfterSeconds: 3 };
  await ask(
    (outgoing, incoming) => sendRefusal(outgoing, refusal, { incoming, limits: gatewayLimits }),
    async (answer) => {
      assert.equal(answer.headers["retry-after"], "3");
      assert.match(await text(answer), /"reason":"TooManyRequests"/u);
    },
  );
});

describe("sendStream", () => {
  const stream = (open: (sink: ReplySink) => () => void, limits = gatewayLimits): Send => {
    const reply = { kind: "stream", status: 200, contentType: "application/json", open } as const;
    return (outgoing) => sendStream(outgoing, reply, limits);
  };

  test("sends the head before there is anything to say, then every text", async () => {
    const opened = Promise.withResolvers<ReplySink>();
    const open = (sink: ReplySink): (() => void) => {
      opened.resolve(sink);
      return () => undefined;
    };
    await ask(stream(open), async (answer) => {
      const sink = await opened.promise;
      assert(sink.write("one"));
      const [chunk]: unknown[] = await once(answer, "data");
      assert.equal(String(chunk), "one");
      sink.end();
      sink.end();
      assert.equal(sink.write("late"), false);
      assert.equal(await text(answer), "");
    });
  });

  test("stops when the client leaves", async () => {
    const stopped = Promise.withResolvers<void>();
    await ask(
      stream(() => stopped.resolve),
      async (answer) => {
        answer.destroy();
        await stopped.promise;
      },
    );
  });

  test("tells the writer when the client is too slow", async () => {
    const told = Promise.withResolvers<number>();
    const open = (sink: ReplySink): (() => void) => {
      let written = 0;
      // The kernel's own buffers are filled first.
      while (written < 100e6 && sink.write("x".repeat(100_000))) written += 100_000;
      told.resolve(written);
      return () => undefined;
    };
    const limits = { ...gatewayLimits, streamBufferBytesMax: 1e6 };
    await ask(stream(open, limits), async () => assert((await told.promise) < 20e6));
  });
});

describe("sendReadable", () => {
  test("ends the answer of a source that has ended before", async () => {
    const source = new PassThrough();
    source.end();
    source.resume();
    await once(source, "end");
    await ask(
      (outgoing) => sendReadable(outgoing, source, "text/plain"),
      async (answer) => assert.equal(await text(answer), ""),
    );
  });

  test("sends a log as it comes, to its end", async () => {
    const source = new PassThrough();
    await ask(
      (outgoing) => sendReadable(outgoing, source, "text/plain"),
      async (answer) => {
        source.write("a\n");
        await once(answer, "data");
        source.end("b\n");
        assert.equal(await text(answer), "b\n");
      },
    );
  });

  test("lets go of the source when the client leaves", async () => {
    const source = new PassThrough();
    const closed = once(source, "close");
    await ask(
      (outgoing) => sendReadable(outgoing, source, "text/plain"),
      async (answer) => {
        answer.destroy();
        await closed;
      },
    );
  });

  test("breaks off when the source fails", async () => {
    const source = new PassThrough();
    await ask(
      (outgoing) => sendReadable(outgoing, source, "text/plain"),
      async (answer) => {
        source.destroy(new Error("gone"));
        await assert.rejects(text(answer), { code: "ECONNRESET" });
      },
    );
  });
});
