/** What every link does, whether it goes over libp2p or through the simulated network. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Link, type LinkEvent, messageBytesMax } from "../../core/ports/src/index.ts";
import type { Json } from "../../core/wire/src/index.ts";

/** A link and what it has heard. */
export interface LinkUnderTest {
  readonly link: Link;
  /** Every event since the start, oldest first. */
  readonly events: readonly LinkEvent[];
  /** Where others reach it, as {@link Link.remember} takes it. */
  readonly addresses: readonly string[];
  /** As a computer that is switched off: no farewell is needed. */
  readonly stop: () => Promise<void>;
}

/** A network for one test. Links know nobody until they are told. */
export interface NetworkOfLinks {
  /** Starts a member. The same place again, after a stop, is the same machine and address. */
  readonly member: (place: number) => Promise<LinkUnderTest>;
  /** Starts a machine of another mesh. */
  readonly stranger: () => Promise<LinkUnderTest>;
  /** Lets time pass until the condition holds; fails, naming `what`, if it never does. */
  readonly until: (condition: () => boolean, what: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const topic = "task/any/0";

/** Runs the suite against links that `makeNetworkOfLinks` connects. */
export function conformsToLink(
  name: string,
  makeNetworkOfLinks: () => Promise<NetworkOfLinks>,
): void {
  describe(`${name} conforms to Link`, () => {
    for (const [demand, check] of Object.entries(demands)) {
      test(demand, async () => {
        const network = await makeNetworkOfLinks();
        try {
          await check(network);
        } finally {
          await network.close();
        }
      });
    }
  });
}

const demands: Readonly<Record<string, (network: NetworkOfLinks) => Promise<void>>> = {
  "one remembered member is enough to connect both ways": async (network) => {
    const [ann, bob] = [await network.member(0), await network.member(1)];
    meet(ann, bob);
    await network.until(() => areConnected([ann, bob]), "both are connected");
    bob.link.send(ann.link.id, "from bob");
    ann.link.send(bob.link.id, "from ann");
    await network.until(
      () => messagesOf(ann).includes("from bob") && messagesOf(bob).includes("from ann"),
      "both have a message",
    );
  },

  "who dial each other at the same time stay connected": async (network) => {
    const members = await connect(network, 3);
    for (let round = 0; round < 20; round += 1) {
      for (const [one, other] of pairsOf(members)) one.link.send(other.link.id, round);
    }
    await network.until(
      () => members.every((one) => messagesOf(one).filter((said) => said === 19).length === 2),
      "the last round has come",
    );
    assert(members.every(({ events }) => !events.some(({ kind }) => kind === "disconnected")));
  },

  "messages of one sender come in the order they were sent, with their sender": async (network) => {
    const [ann, bob] = await connectTwo(network);
    const sent = Array.from({ length: 500 }, (_, index) => ({ index }));
    for (const message of sent) ann.link.send(bob.link.id, message);
    await network.until(() => messagesOf(bob).length === sent.length, "all have come");
    assert.deepEqual(messagesOf(bob), sent);
    const senders = bob.events.flatMap((event) => (event.kind === "message" ? event.from : []));
    assert.deepEqual(new Set(senders), new Set([ann.link.id]));
  },

  "a message may be as large as the limit, and no larger": async (network) => {
    const [ann, bob] = await connectTwo(network);
    // JSON puts two quotation marks around it.
    const largest = "x".repeat(messageBytesMax - 2);
    for (const message of [`${largest}x`, largest, "after"]) ann.link.send(bob.link.id, message);
    await network.until(() => messagesOf(bob).includes("after"), "the last message has come");
    assert.equal(messagesOf(bob).length, 2);
    assert(messagesOf(bob)[0] === largest);
  },

  "what is published reaches all who subscribed, and not oneself": async (network) => {
    const [ann, bob, cid, dan] = await connect(network, 4);
    assert(ann && bob && cid && dan);
    for (const { link } of [ann, bob, cid]) link.subscribe(topic);
    await publishUntilHeard(network, ann, [bob, cid]);
    ann.link.publish(topic, "last");
    await network.until(
      () => [bob, cid].every((one) => broadcastsOf(one).includes("last")),
      "the last has come",
    );
    assert.deepEqual([broadcastsOf(ann), broadcastsOf(dan)], [[], []]);
    const [event] = bob.events.filter(({ kind }) => kind === "broadcast");
    assert(event?.kind === "broadcast" && event.from === ann.link.id && event.topic === topic);
  },

  "who unsubscribes hears no more": async (network) => {
    const [ann, bob] = await connectTwo(network);
    bob.link.subscribe(topic);
    await publishUntilHeard(network, ann, [bob]);
    bob.link.unsubscribe(topic);
    ann.link.publish(topic, "after");
    ann.link.send(bob.link.id, "end");
    await network.until(() => messagesOf(bob).includes("end"), "the end has come");
    assert(!broadcastsOf(bob).includes("after"));
  },

  "nothing comes from who is no member, nor goes there": async (network) => {
    const [ann, bob] = await connectTwo(network);
    const eve = await network.stranger();
    for (const { link } of [ann, bob, eve]) link.subscribe(topic);
    meet(eve, ann);
    meet(ann, eve);
    for (let round = 0; round < 50; round += 1) {
      eve.link.send(ann.link.id, "from eve");
      eve.link.publish(topic, "from eve");
      ann.link.send(eve.link.id, "to eve");
      ann.link.publish(topic, "to all");
      bob.link.send(ann.link.id, round);
      await network.until(() => messagesOf(ann).includes(round), "the round has ended");
    }
    assert.deepEqual(eve.events, []);
    const ofEve = [...ann.events, ...bob.events].filter(
      (event) => ("from" in event ? event.from : event.peer) === eve.link.id,
    );
    assert.deepEqual(ofEve, []);
  },

  "a member that restarts at its address is connected again": async (network) => {
    const [ann, bob] = await connectTwo(network);
    await bob.stop();
    await network.until(() => !isConnected(ann, bob), "the loss is noticed");
    const again = await network.member(1);
    assert.equal(again.link.id, bob.link.id);
    await network.until(() => areConnected([ann, again]), "both are connected again");
    again.link.subscribe(topic);
    ann.link.send(again.link.id, "hello again");
    await publishUntilHeard(network, ann, [again]);
    await network.until(() => messagesOf(again).includes("hello again"), "messages come again");
  },

  "to unknown and forgotten members nothing is sent, and nothing throws": async (network) => {
    const [ann, bob] = await connectTwo(network);
    ann.link.send("nobody", "lost");
    ann.link.forget("nobody");
    ann.link.penalize("nobody", "never seen");
    ann.link.unsubscribe("never subscribed");
    ann.link.send(bob.link.id, "end");
    await network.until(() => messagesOf(bob).includes("end"), "the end has come");
  },
};

function messagesOf({ events }: LinkUnderTest): Json[] {
  return events.flatMap((event) => (event.kind === "message" ? [event.message] : []));
}

function broadcastsOf({ events }: LinkUnderTest): Json[] {
  return events.flatMap((event) => (event.kind === "broadcast" ? [event.message] : []));
}

function pairsOf(members: readonly LinkUnderTest[]): (readonly [LinkUnderTest, LinkUnderTest])[] {
  return members.flatMap((one) =>
    members.flatMap((other) => (one === other ? [] : [[one, other] as const])),
  );
}

/** Whether `one` is connected to `other`, by what it was told last. */
function isConnected(one: LinkUnderTest, other: LinkUnderTest): boolean {
  const last = one.events.findLast(
    (event) =>
      (event.kind === "connected" || event.kind === "disconnected") && event.peer === other.link.id,
  );
  return last?.kind === "connected";
}

function areConnected(members: readonly LinkUnderTest[]): boolean {
  return pairsOf(members).every(([one, other]) => isConnected(one, other));
}

function meet(one: LinkUnderTest, other: LinkUnderTest): void {
  one.link.remember(other.link.id, other.addresses);
}

/** Members that have all been told of each other and are connected. */
async function connect(network: NetworkOfLinks, count: number): Promise<readonly LinkUnderTest[]> {
  const places = Array.from({ length: count }, (_, place) => place);
  const members = await Promise.all(places.map((place) => network.member(place)));
  for (const [one, other] of pairsOf(members)) meet(one, other);
  await network.until(() => areConnected(members), "all members are connected");
  return members;
}

async function connectTwo(
  network: NetworkOfLinks,
): Promise<readonly [LinkUnderTest, LinkUnderTest]> {
  const [ann, bob] = await connect(network, 2);
  assert(ann !== undefined && bob !== undefined);
  return [ann, bob];
}

/** Subscriptions take a moment to become known; so it is said again and again. */
function publishUntilHeard(
  network: NetworkOfLinks,
  speaker: LinkUnderTest,
  listeners: readonly LinkUnderTest[],
): Promise<void> {
  let round = 0;
  return network.until(() => {
    speaker.link.publish(topic, (round += 1));
    return listeners.every((one) => broadcastsOf(one).length > 0);
  }, "a broadcast has come");
}
