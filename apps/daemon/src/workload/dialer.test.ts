import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import { portOf } from "../../../../test/port-of.ts";
import type { Dialed } from "./dialer.ts";
import { Dialer, type DialerOptions } from "./dialer.ts";
import { handOver } from "./handover.ts";
import { OutsideDialer } from "./outside-dialer.ts";
import { SocketPairs } from "./socket-pairs.ts";
import { openEcho, say, testOutbox } from "./sockets.test.ts";

const endpoint = {
  uid: "u1",
  machine: "far",
  namespace: "shop",
  serviceAccount: "default",
  ip: "10.1.2.3",
  port: 8080,
};

/** What a sidecar gets of a dialed connection, when it says `words` and ends. */
async function heardThrough({ held }: Dialed, words: string): Promise<string> {
  const outbox = testOutbox();
  assert(await handOver(outbox, "sidecar", { kind: "dialed", id: 1 }, held));
  const [taken] = outbox.delivered;
  assert(taken);
  return say(taken.socket, words);
}

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Scene {
  readonly dialer: Dialer;
  readonly streams: string[];
  readonly advance: (ms: number) => void;
}

async function withDialer(
  change: Partial<DialerOptions>,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "dialer-"));
  const pairs = new SocketPairs(join(folder, "pairs"));
  await pairs.open();
  const streams: string[] = [];
  let nowMs = 0;
  const dialer = new Dialer({
    self: "near",
    peerOf: (machine) => (machine === "lost" ? undefined : `peer of ${machine}`),
    addressesOf: () => "",
    found: () => Promise.resolve(undefined),
    isLocal: true,
    carry: () => Promise.reject(new BeeError("pod-unknown", "Cannot find pod")),
    openStream: (peer) => {
      streams.push(peer);
      const [near, far] = duplexPair();
      echo(far);
      return Promise.resolve(near);
    },
    pair: () => pairs.make(),
    nowMs: () => nowMs,
    ...change,
  });
  try {
    await play({ dialer, streams, advance: (ms) => (nowMs += ms) });
  } finally {
    pairs.close();
    rmSync(folder, { recursive: true });
  }
}

function echo(stream: Duplex): void {
  stream.on("error", () => stream.destroy());
  stream.pipe(stream);
}

describe("Dialer", () => {
  test("reaches a pod of another machine at its port, the first line said", async () => {
    const port = await openEcho();
    await withDialer({ addressesOf: () => `127.0.0.1:${port.at}` }, async ({ dialer, streams }) => {
      const dialed = await dialer.dial(endpoint);
      assert.deepEqual([dialed.path, dialed.issuer], ["direct", "peer of far"]);
      assert.equal(await heardThrough(dialed, "hi"), "beemesh/workload/1 u1\nhi");
      assert.deepEqual(streams, []);
    });
    port.close();
  });

  test("reaches a pod of this machine through its sidecar's socket", async () => {
    const sidecar = await openEcho();
    const carry: DialerOptions["carry"] = async (uid) => {
      const socket = connect(sidecar.at, "127.0.0.1").pause();
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.write(`carry for ${uid} `);
      return socket;
    };
    await withDialer({ carry }, async ({ dialer }) => {
      const dialed = await dialer.dial({ ...endpoint, machine: "near" });
      assert.deepEqual([dialed.path, dialed.issuer], ["local", "peer of near"]);
      assert.equal(await heardThrough(dialed, "hi"), "carry for u1 hi");
    });
    sidecar.close();
  });

  test("takes a stream of the mesh where no address answers, and does not wait again", async () => {
    const port = await deadPort();
    let asked = 0;
    const addressesOf = (): string => {
      asked += 1;
      return `127.0.0.1:${port}`;
    };
    await withDialer({ addressesOf }, async ({ dialer, streams }) => {
      for (const words of ["one", "two"]) {
        const dialed = await dialer.dial(endpoint);
        assert.equal(dialed.path, "relayed");
        assert.equal(await heardThrough(dialed, words), `beemesh/workload/1 u1\n${words}`);
      }
      assert.deepEqual(streams, ["peer of far", "peer of far"]);
      assert.equal(asked, 2);
    });
  });

  test("goes back to an address that answers again, beside the connections", async () => {
    const silent = await deadPort();
    const address = `127.0.0.1:${silent}`;
    await withDialer({ addressesOf: () => address }, async ({ dialer, advance }) => {
      const first = await dialer.dial(endpoint);
      first.held.release();
      const again = createServer((socket) => echo(socket));
      const probed = new Promise((resolve) => again.once("connection", resolve));
      await new Promise<void>((resolve) => again.listen(silent, "127.0.0.1", resolve));
      advance(30_000);
      const second = await dialer.dial(endpoint);
      assert.equal(second.path, "relayed");
      second.held.release();
      await probed;
      await new Promise((resolve) => setImmediate(resolve));
      const third = await dialer.dial(endpoint);
      assert.equal(third.path, "direct");
      third.held.release();
      again.close();
    });
  });

  test("reaches a machine without a record by what was found of it", async () => {
    const port = await openEcho();
    const found: DialerOptions["found"] = (machine) =>
      Promise.resolve(
        machine === "lost" ? { peer: "p9", addresses: [`127.0.0.1:${port.at}`] } : undefined,
      );
    await withDialer({ found }, async ({ dialer }) => {
      const dialed = await dialer.dial({ ...endpoint, machine: "lost" });
      assert.deepEqual([dialed.path, dialed.issuer], ["direct", "p9"]);
      dialed.held.release();
    });
    port.close();
  });

  test("says which machine it does not know, and what the others say", async () => {
    await withDialer({}, async ({ dialer }) => {
      const dial = (machine: string): Promise<Dialed> => dialer.dial({ ...endpoint, machine });
      await assert.rejects(dial("lost"), { code: "machine-unknown", message: /lost/u });
      await assert.rejects(dial("near"), { code: "pod-unknown" });
    });
    const openStream = (): Promise<never> =>
      Promise.reject(new BeeError("peer-unreachable", "Cannot reach it"));
    await withDialer({ openStream }, async ({ dialer }) => {
      await assert.rejects(dialer.dial(endpoint), { code: "peer-unreachable" });
    });
  });
});

describe("OutsideDialer", () => {
  const own = (): { addresses: string[]; ports: number[] } => ({ addresses: [], ports: [] });

  test("connects to what policy names itself, over TCP and UDP", async () => {
    const program = await openEcho();
    const dialer = new OutsideDialer({ own });
    const place = { host: "127.0.0.1", port: program.at, isNamed: true };
    const dialed = await dialer.dial({ ...place, protocol: "tcp" });
    assert.deepEqual([dialed.path, dialed.issuer], ["external", ""]);
    assert.equal(await heardThrough(dialed, "hi"), "hi");
    program.close();
    const datagrams = await dialer.dial({ ...place, protocol: "udp" });
    assert(datagrams.held.descriptor > 0);
    datagrams.held.release();
  });

  test("follows no name to where no pod may go", async () => {
    const resolve = (): Promise<string[]> => Promise.resolve(["169.254.169.254", "127.0.0.1"]);
    const dialer = new OutsideDialer({ own, resolve });
    for (const host of ["metadata.example", "127.0.0.1", "169.254.169.254", "::1"]) {
      const place = { protocol: "tcp", host, port: 80, isNamed: false } as const;
      await assert.rejects(dialer.dial(place), { code: "address-closed" });
    }
  });

  test("says what does not resolve, and what does not answer", async () => {
    const names: Readonly<Record<string, string[]>> = { "empty.example": [] };
    const resolve = (host: string): Promise<readonly string[]> => {
      const found = names[host];
      return found === undefined ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve(found);
    };
    const dialer = new OutsideDialer({ own, resolve });
    const dial = (host: string, port: number, isNamed = false): Promise<Dialed> =>
      dialer.dial({ protocol: "tcp", host, port, isNamed });
    await assert.rejects(dial("absent.example", 80), { code: "name-unresolved" });
    await assert.rejects(dial("empty.example", 80), { code: "name-unresolved" });
    const port = await deadPort();
    await assert.rejects(dial("127.0.0.1", port, true), { code: "address-silent" });
  });
});
