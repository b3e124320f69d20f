/** What the receiver of messages sends back for them, besides TCP's own acknowledgements. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Loopback, until } from "./loopback.ts";

describe("spareWindowUpdates", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  test("leaves small messages without an answer, and lets through more than a window", async () => {
    const [sender, receiver] = await loopback.links(2, { dht: false });
    assert(sender !== undefined && receiver !== undefined);
    const heard = (): number => receiver.events.filter(({ kind }) => kind === "message").length;
    const carry = async (count: number, length: number): Promise<number> => {
      const [before, heardBefore] = [receiver.link.stats().bytesOut, heard()];
      for (let sent = 0; sent < count; sent += 1) {
        sender.link.send(receiver.link.id, "x".repeat(length));
        // One by one, as heartbeats come.
        await until(() => heard() === heardBefore + sent + 1, "the message is there");
      }
      return receiver.link.stats().bytesOut - before;
    };
    // The first message opens the stream, which takes an answer.
    await carry(1, 100);
    const back = await carry(200, 100);
    assert(back < 200 * 12, `${back} bytes came back for 200 messages`);
    await carry(20, 100_000);
    assert.equal(heard(), 221);
  });
});
