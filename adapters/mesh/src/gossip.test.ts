import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { admissionTo, type HeardLink, Loopback, until } from "./loopback.ts";
import { defaultLimits, type LinkOptions } from "./options.ts";

const topic = "task/any/0";

function broadcastsOf({ events }: HeardLink): unknown[] {
  return events.flatMap((event) => (event.kind === "broadcast" ? [event.message] : []));
}

describe("gossip", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  const pair = async (change: Partial<LinkOptions>): Promise<readonly [HeardLink, HeardLink]> => {
    const [one, other] = await loopback.links(2, change);
    assert(one && other);
    return [one, other];
  };

  test("is taken from members alone, also if a connected peer passes it on", async () => {
    const isMember = (): boolean => false;
    const [one, other] = await pair({ admission: { ...admissionTo("mesh"), isMember } });
    other.link.subscribe(topic);
    await until(() => {
      one.link.publish(topic, "not from a member");
      return other.link.stats().foreign > 0;
    }, "it is counted");
    assert.deepEqual(broadcastsOf(other), []);
  });

  test("is taken at a rate", async () => {
    const limits = { ...defaultLimits, rate: { perSecond: 1, burst: 5 } };
    const [one, other] = await pair({ limits });
    other.link.subscribe(topic);
    await until(() => {
      one.link.publish(topic, "again");
      return other.link.stats().throttled > 0;
    }, "it is counted");
    assert(broadcastsOf(other).length >= 5);
  });

  test("is not published over the limit", async () => {
    const [one] = await pair({ limits: { messageBytesMax: 100 } });
    one.link.publish(topic, "x".repeat(100));
    assert.equal(one.link.stats().dropped, 1);
  });
});
