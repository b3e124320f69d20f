import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Loopback, loopbackOptions } from "./loopback.ts";
import { createNode, serviceTagOf } from "./node.ts";
import { defaultLimits } from "./options.ts";

describe("a node", () => {
  test("has the peer ID of its seed", async () => {
    const loopback = new Loopback();
    const [one, again] = [await loopback.node("one"), await loopback.node("one")];
    assert(one.peerId.equals(again.peerId));
    await loopback.close();
  });

  test("speaks under the prefixes of the two planes, but for pub/sub", async () => {
    const options = { ...loopbackOptions("one"), limits: defaultLimits };
    const node = await createNode({ ...options, gater: {}, scoreOf: () => 0 });
    await node.libp2p.start();
    const others = node.libp2p
      .getProtocols()
      .filter((protocol) => !/^\/(beemesh\/(machine|workload\/kad)|meshsub)\//u.test(protocol));
    await node.libp2p.stop();
    assert.deepEqual(others, []);
  });

  test("listens by QUIC if it is asked to, where there is a binding", async () => {
    const listen = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"];
    const options = { ...loopbackOptions("one"), limits: defaultLimits, listen };
    const node = await createNode({ ...options, gater: {}, scoreOf: () => 0 });
    await node.libp2p.start();
    const addresses = node.libp2p.getMultiaddrs().map(String);
    await node.libp2p.stop();
    assert(addresses.some((address) => address.includes("/tcp/")));
  });
});

test("the service name of a mesh fits into DNS and tells nothing of it", () => {
  assert.match(serviceTagOf("mesh"), /^_bee-[0-9a-f]{11}\._udp\.local$/u);
  assert.notEqual(serviceTagOf("mesh"), serviceTagOf("other"));
});
