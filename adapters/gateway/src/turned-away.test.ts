import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { testCertificates } from "./certificate.test.ts";
import type { ClassicServer, ClassicServerOptions } from "./classic-server.ts";
import { startClassic } from "./service.test.ts";
import { type TurnedAway, turnAway } from "./turned-away.ts";

/** A server that notes whom it turned away, and a way to wait for that. */
class Stage {
  readonly causes: TurnedAway[] = [];
  readonly #sockets: Socket[] = [];
  #server: ClassicServer | undefined;
  #told: () => void = () => undefined;

  async open(changes: Partial<ClassicServerOptions> = {}): Promise<void> {
    this.#server = await startClassic(undefined, {
      ...changes,
      onTurnedAway: (cause) => {
        this.causes.push(cause);
        this.#told();
      },
    });
  }

  /** Connects; whatever becomes of it is no failure of the test. */
  connect(options: Partial<NetConnectOpts> = {}): Socket {
    const port = this.#server?.port ?? 0;
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, ...options });
    socket.on("error", () => undefined);
    this.#sockets.push(socket);
    return socket;
  }

  /** Waits until so many were turned away. */
  async turned(count: number): Promise<readonly TurnedAway[]> {
    while (this.causes.length < count) {
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
    return this.causes;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#server?.close();
  }
}

async function withStage(
  changes: Partial<ClassicServerOptions>,
  use: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = new Stage();
  await stage.open(changes);
  try {
    await use(stage);
  } finally {
    await stage.close();
  }
}

const quick = { firstRequestMsMax: 50 };

describe("who is turned away is counted", () => {
  for (const [what, bytes, cause, status] of [
    ["garbage", "\u0000\u0001\u0002 what\r\n\r\n", "malformed", 400],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "malformed",
      400,
    ],
    [
      "a head that is too large",
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(1e5)}\r\n\r\n`,
      "large",
      431,
    ],
  ] as const) {
    test(what, () =>
      withStage({}, async (stage) => {
        const socket = stage.connect();
        socket.write(bytes, "latin1");
        assert.match(await text(socket), new RegExp(`^HTTP/1\\.1 ${status} `, "u"));
        assert.deepEqual(await stage.turned(1), [cause]);
      }),
    );
  }

  test("who ends in the middle of a head", () =>
    withStage({}, async (stage) => {
      const socket = stage.connect();
      socket.end("GET / HTTP/1.1\r\nHost");
      assert.match(await text(socket), /^HTTP\/1\.1 400 /u);
      assert.deepEqual(await stage.turned(1), ["cut"]);
    }));

  test("who says nothing, and who never comes to an end", () =>
    withStage({ limits: quick }, async (stage) => {
      const [silent, slow] = [stage.connect(), stage.connect()];
      slow.write("GET / HTTP/1.1\r\n");
      assert.match(await text(slow), /^HTTP\/1\.1 408 /u);
      assert.equal(await text(silent), "");
      assert.deepEqual((await stage.turned(2)).toSorted(), ["silent", "slow"]);
    }));

  test("who begins TLS and does not end it", {
    skip: testCertificates() === undefined && "there is no openssl",
  }, () => {
    const { server: fallback } = testCertificates() ?? assert.fail("there is openssl");
    const tls = { fallback, contextOf: () => Promise.resolve(undefined) };
    return withStage({ limits: quick, tls }, async (stage) => {
      const [half, wrong] = [stage.connect(), stage.connect()];
      half.resume().write(Buffer.from([0x16, 3, 1]));
      wrong.resume().write(Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]));
      assert.deepEqual(await stage.turned(2), ["handshake", "handshake"]);
    });
  });

  test("who is one too many, at the port and at the Unix socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gateway-full-"));
    const unixPath = join(folder, "http.sock");
    try {
      await withStage({ limits: { connectionsMax: 1 }, unixPath }, async (stage) => {
        for (const options of [{}, { path: unixPath }]) {
          await once(stage.connect(options), "connect");
          stage.connect(options).resume();
        }
        assert.deepEqual(await stage.turned(2), ["full", "full"]);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("who comes from one address of the network too often", async (t) => {
    const host = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ internal, family }) => !internal && family === "IPv4")?.address;
    if (host === undefined) return t.skip("there is no network");
    const limits = { connectionsPerClientMax: 1 };
    await withStage({ host: "0.0.0.0", limits }, async (stage) => {
      await once(stage.connect({ host }), "connect");
      stage.connect({ host }).resume();
      assert.deepEqual(await stage.turned(1), ["crowd"]);
    });
  });
});

describe("turnAway", () => {
  const wrong = Object.assign(new Error("Parse Error"), { code: "HPE_INVALID_METHOD" });

  test("says nothing in the middle of another answer", async () => {
    const [near, far] = duplexPair();
    assert.equal(turnAway(wrong, near, true), "malformed");
    assert(near.destroyed);
    far.destroy();
  });

  test("counts nobody twice, and none who has left", () => {
    const [near] = duplexPair();
    assert.equal(turnAway(wrong, near, false), "malformed");
    assert.equal(turnAway(wrong, near, false), undefined);
    const [gone] = duplexPair();
    assert.equal(turnAway(Object.assign(wrong, { code: "ECONNRESET" }), gone, false), undefined);
    assert(gone.destroyed);
  });
});
