import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { multiaddr } from "@multiformats/multiaddr";
import { admitProtocol } from "./doorkeeper.ts";
import { encodeFrame } from "./frame.ts";
import { admissionTo, Loopback, until } from "./loopback.ts";

describe("the door", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  test("stays shut for who shows nonsense, too much, or half a certificate", async () => {
    const { link } = await loopback.link("ann", { limits: { admissionMsMax: 300 } });
    const shown = [
      encodeFrame(Buffer.from("nonsense")),
      Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
      encodeFrame(Buffer.from('{"certificate":"mesh"}')).subarray(0, 10),
    ];
    for (const [index, bytes] of shown.entries()) {
      const eve = await loopback.node(`eve-${index}`);
      const connection = await eve.dial(multiaddr(link.addresses()[0]));
      const stream = await connection.newStream(admitProtocol);
      stream.send(bytes);
      await until(() => connection.status !== "open", "the connection is closed");
    }
    assert.deepEqual(link.peers(), []);
  });

  test("does not open to who says yes for itself", async () => {
    const { link } = await loopback.link("ann");
    const eve = await loopback.node("eve");
    const connection = await eve.dial(multiaddr(link.addresses()[0]));
    const stream = await connection.newStream(admitProtocol);
    stream.send(encodeFrame(Buffer.from('{"certificate":"other"}')));
    stream.send(encodeFrame(Buffer.from('{"yes":[]}')));
    await until(() => connection.status !== "open", "the connection is closed");
    assert.deepEqual(link.peers(), []);
    // Now it is refused with the connection already, or with the first stream on it.
    const knockAgain = async (): Promise<void> => {
      const again = await eve.dial(multiaddr(link.addresses()[0]));
      await again.newStream(admitProtocol);
    };
    await assert.rejects(knockAgain());
  });

  test("opens to a member, and shows a stranger nothing of it", async () => {
    const { link: ann } = await loopback.link("ann");
    const { link: bob } = await loopback.link("bob");
    const { link: eve } = await loopback.link("eve", { admission: admissionTo("other") });
    for (const guest of [bob, eve]) guest.remember(ann.id, ann.addresses());
    await until(() => ann.peers().length === 1, "the member is in");
    await until(() => ann.stats().refused === 1, "the stranger is out");
    assert.deepEqual(ann.peers(), [bob.id]);
  });
});
