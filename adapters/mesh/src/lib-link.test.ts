import assert from "node:assert/strict";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import { multiaddr } from "@multiformats/multiaddr";
import { admissionTo, type HeardLink, Loopback, until } from "./loopback.ts";
import { protocolOf } from "./options.ts";

describe("a link", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  const pair = async (
    change: Parameters<Loopback["links"]>[1] = {},
  ): Promise<readonly [HeardLink, HeardLink]> => {
    const [one, other] = await loopback.links(2, change);
    assert(one && other);
    return [one, other];
  };

  test("says who was refused, and by whom", async () => {
    const { link: ann } = await loopback.link("ann");
    const { link: eve } = await loopback.link("eve", { admission: admissionTo("other") });
    const heard: string[] = [];
    ann.onRefused((_peer, by, reason) => heard.push(`ann: ${by} ${reason}`));
    eve.onRefused((_peer, by, reason) => heard.push(`eve: ${by} ${reason}`));
    eve.remember(ann.id, ann.addresses());
    await until(() => heard.length === 2, "both have heard");
    assert.deepEqual(heard.toSorted(), ["ann: us of another mesh", "eve: them of another mesh"]);
    assert.equal(ann.stats().refused, 1);
    assert.deepEqual(ann.peers(), []);
  });

  test("closes on who speaks before it is admitted", async () => {
    const { link: ann } = await loopback.link("ann");
    const eve = await loopback.node("eve");
    const [address] = ann.addresses();
    for (const name of ["msg", "kad", "identify"]) {
      const before = ann.stats().intrusions;
      const connection = await eve.dial(multiaddr(address)).catch(() => undefined);
      if (connection === undefined) break; // Refused at once, after the first time.
      await connection.newStream(protocolOf(name)).catch(() => undefined);
      await until(() => connection.status !== "open", "the connection is closed");
      assert(name !== "msg" || ann.stats().intrusions > before);
    }
    assert.deepEqual(ann.peers(), []);
  });

  test("closes on who shows no certificate in time", async () => {
    const { link: ann } = await loopback.link("ann", { limits: { admissionMsMax: 200 } });
    const eve = await loopback.node("eve");
    const connection = await eve.dial(multiaddr(ann.addresses()[0]));
    await until(() => connection.status !== "open", "the connection is closed");
    assert.equal(ann.stats().refused, 1);
  });

  test("cuts off who is penalized too often", async () => {
    const [one, other] = await pair();
    for (let count = 0; count < 12; count += 1) one.link.penalize(other.link.id, "test");
    await until(() => one.link.peers().length === 0, "it is cut off");
    assert.equal(one.events.at(-1)?.kind, "disconnected");
  });

  test("carries byte streams both ways, each side ending its own", async () => {
    const [one, other] = await pair();
    const size = 3_000_000;
    await other.link.handleStream("echo", (peer, stream) => {
      assert.equal(peer, one.link.id);
      stream.pipe(stream);
    });
    const stream = await one.link.openStream(other.link.id, "echo");
    stream.end(Buffer.alloc(size, 7));
    let received = 0;
    stream.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    await once(stream, "end");
    assert.equal(received, size);
  });

  test("says why a stream cannot be opened", async () => {
    const [one, other] = await pair();
    await assert.rejects(one.link.openStream(other.link.id, "nothing"), {
      code: "protocol-unknown",
    });
    const nobody = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";
    await assert.rejects(one.link.openStream(nobody, "echo"), { code: "peer-unreachable" });
  });

  test("finds in the hash table what others provide", async () => {
    const [one, other] = await pair();
    // It takes a moment until they have entered each other into their tables.
    for (let found: readonly string[] = []; found.length === 0; ) {
      await one.link.provide("workload", "service/web");
      found = await other.link.find("workload", "service/web", 5);
      assert(found.every((peer) => peer === one.link.id));
    }
  });

  test("counts bytes and measures round trips", async () => {
    const [one, other] = await pair();
    one.link.send(other.link.id, "hello");
    await until(() => one.link.stats().peers[0]?.rttMs !== undefined, "a round trip is known");
    const { bytesIn, bytesOut, peers } = one.link.stats();
    assert(bytesIn > 500 && bytesOut > 500);
    assert.equal(peers[0]?.peer, other.link.id);
  });

  test("speaks TLS with who can, and Noise with who cannot", async () => {
    const { link: ann } = await loopback.link("ann", { tls: true });
    const { link: bob } = await loopback.link("bob", { tls: true });
    const { link: cid } = await loopback.link("cid");
    for (const link of [bob, cid]) link.remember(ann.id, ann.addresses());
    await until(() => ann.peers().length === 2, "both are connected");
  });
});
