/**
 * Membership alone in the simulator: who finds out what, how fast, and what that costs.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Now } from "@beemesh/base";
import {
  decodeMembershipMessage,
  Membership,
  type MembershipEffect,
  type MembershipEvent,
  type MembershipMessage,
} from "@beemesh/membership";
import type { Json, PeerId } from "@beemesh/wire";
import { Histogram } from "./histogram.ts";
import { epochMs } from "./machine-clock.ts";
import type { Boot, NodeEffect, NodeEvent, SimulatedNode } from "./node.ts";
import { World, type WorldOptions } from "./world.ts";

const topic = "members";

/** A machine that does nothing but know who is there. */
export class MemberNode implements SimulatedNode {
  readonly membership: Membership;

  constructor({ id, now, random, incarnation }: Boot) {
    const addresses = [`/dns4/${id}.example/tcp/4001`];
    const self = { id, incarnation, startedMs: now.wallMs, addresses, state: "alive" } as const;
    this.membership = new Membership({ self, random });
  }

  step(event: NodeEvent, now: Now): readonly NodeEffect[] {
    const effects: NodeEffect[] = event.kind === "start" ? [{ kind: "subscribe", topic }] : [];
    for (const effect of this.membership.step(eventOf(event), now)) effects.push(performed(effect));
    return effects;
  }
}

function eventOf(event: NodeEvent): MembershipEvent {
  if (event.kind === "start") return { kind: "start" };
  if (event.kind !== "link") return { kind: "tick" };
  const { event: link } = event;
  if (link.kind === "connected" || link.kind === "disconnected") return link;
  const message = decodeMembershipMessage(link.message);
  assert(message, `every message is read: ${JSON.stringify(link.message)}`);
  return { kind: link.kind, from: link.from, message };
}

function performed(effect: MembershipEffect): NodeEffect {
  if (effect.kind === "send") return { ...effect, message: jsonOf(effect.message) };
  if (effect.kind === "publish") return { kind: "publish", topic, message: jsonOf(effect.message) };
  if (effect.kind !== "changed") return effect;
  const { id, state, incarnation } = effect.member;
  const facts = { member: id, state, incarnation, before: effect.before?.state ?? "" };
  return { kind: "observe", event: "member.changed", facts };
}

function jsonOf(message: MembershipMessage): Json {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- messages are plain JSON
  return message as unknown as Json;
}

/** Who saw whom change to what, and when. */
interface Sighting {
  readonly nowMs: number;
  readonly by: PeerId;
  readonly member: PeerId;
  readonly state: string;
}

/** A mesh that has found itself. */
function meshOf(seed: number, count: number, options: WorldOptions = {}) {
  const sightings: Sighting[] = [];
  const world = new World<MemberNode>(seed, {
    ...options,
    watch: (by, effect, nowMs) => {
      if (effect.kind !== "observe" || effect.event !== "member.changed") return;
      const { member, state } = effect.facts;
      sightings.push({ nowMs, by, member: String(member), state: String(state) });
    },
  });
  for (let index = 0; index < count; index += 1) {
    world.addMachine(nameOf(index), (boot) => new MemberNode(boot));
    if (index > 0) world.connect(nameOf(index), nameOf(world.random.below(index)));
    if (count > 20) world.run(world.nowMs + 5);
  }
  return { world, sightings };
}

/** As long as a peer ID, so that bytes are what they would be. */
function nameOf(index: number): PeerId {
  return `12D3KooW${String(index).padStart(6, "0")}`.padEnd(52, "x");
}

function viewsOf(world: World<MemberNode>): string[] {
  return world.ids
    .filter((id) => world.isUp(id))
    .map((id) =>
      world
        .node(id)
        .membership.alive()
        .map((member) => member.id)
        .toSorted()
        .join(),
    );
}

function converged(world: World<MemberNode>, count: number): boolean {
  const views = new Set(viewsOf(world));
  return views.size === 1 && [...views][0]?.split(",").length === count;
}

/** Every machine's view of every other, as the sightings tell it, for a message. */
function story(sightings: readonly Sighting[], sinceMs = 0): string {
  return sightings
    .filter(({ nowMs }) => nowMs >= sinceMs)
    .map(
      ({ nowMs, by, member, state }) =>
        `${Math.round(nowMs)} ${short(by)}: ${short(member)} ${state}`,
    )
    .join("\n");
}

function short(id: PeerId): string {
  return String(Number(id.slice(8, 14)));
}

function deathsAfter(sightings: readonly Sighting[], sinceMs: number): readonly Sighting[] {
  return sightings.filter(({ nowMs, state }) => nowMs >= sinceMs && state === "dead");
}

/** Runs until all that are up agree, and returns how long that took. */
function runUntilConverged(world: World<MemberNode>, count: number, msMax: number): number {
  const startedMs = world.nowMs;
  while (!converged(world, count) && world.nowMs < startedMs + msMax) world.run(world.nowMs + 50);
  return world.nowMs - startedMs;
}

describe("membership in the world", () => {
  test("three machines find each other, and a silent death within 2.1 seconds", (t) => {
    const delays = new Histogram();
    for (let seed = 0; seed < 200; seed += 1) {
      const { world, sightings } = meshOf(seed, 3);
      world.run(3000 + world.random.below(1000));
      assert(converged(world, 3), `seed ${seed}: three know each other`);
      const deadAt = world.nowMs;
      world.crash(nameOf(2), { power: true });
      world.run(deadAt + 5000);
      for (const by of [nameOf(0), nameOf(1)]) {
        const sighting = sightings.find((s) => s.by === by && s.state === "dead");
        assert.equal(sighting?.member, nameOf(2), `seed ${seed}`);
        delays.add((sighting?.nowMs ?? 0) - deadAt);
      }
      assert.equal(deathsAfter(sightings, 0).length, 2, `seed ${seed}\n${story(sightings)}`);
    }
    t.diagnostic(`silent death: ${delays.describe("ms")}`);
    assert(delays.quantile(1) <= 2100);
    assert(delays.quantile(0.5) <= 1800);
  });

  test("a program that ends is found out at once, for its connections break", (t) => {
    const delays = new Histogram();
    for (let seed = 0; seed < 200; seed += 1) {
      const { world, sightings } = meshOf(seed, 5);
      world.run(4000 + world.random.below(1000));
      const deadAt = world.nowMs;
      world.crash(nameOf(3));
      world.run(deadAt + 3000);
      const deaths = deathsAfter(sightings, 0);
      assert.equal(deaths.length, 4, `seed ${seed}\n${story(sightings, deadAt)}`);
      for (const { nowMs } of deaths) delays.add(nowMs - deadAt);
    }
    t.diagnostic(`connection reset: ${delays.describe("ms")}`);
    assert(delays.quantile(1) <= 700);
  });

  test("a machine that leaves is missed by nobody", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { world, sightings } = meshOf(seed, 4);
      world.run(4000);
      world.act(nameOf(1), (node, now) =>
        node.membership.step({ kind: "stop" }, now).map(performed),
      );
      world.run(4200);
      world.crash(nameOf(1));
      world.run(8000);
      assert.deepEqual(deathsAfter(sightings, 0), [], `seed ${seed}`);
      assert(converged(world, 3));
    }
  });

  for (const [count, bytesMax] of [
    [3, 400],
    [30, 700],
    [200, 700],
  ] as const) {
    test(`${count} idle machines send and receive little`, (t) => {
      const { world } = meshOf(7, count);
      world.run(world.nowMs + 10_000);
      assert(converged(world, count));
      const bytes = (id: PeerId): number =>
        world.traffic(id).sentBytes + world.traffic(id).receivedBytes;
      const before = new Map(world.ids.map((id) => [id, bytes(id)]));
      world.run(world.nowMs + 60_000);
      const rates = new Histogram();
      for (const id of world.ids) rates.add((bytes(id) - (before.get(id) ?? 0)) / 60);
      t.diagnostic(`sent and received: ${rates.describe("B/s")}`);
      assert(rates.quantile(1) <= bytesMax);
    });
  }

  test("lost messages make nobody dead: 5 % loss, 30 machines, five minutes", (t) => {
    const { world, sightings } = meshOf(3, 30, { network: { lossPerMille: 50 } });
    world.run(world.nowMs + 10_000);
    const since = world.nowMs;
    world.run(since + 300_000);
    const suspicions = sightings.filter((s) => s.nowMs >= since && s.state === "suspect").length;
    t.diagnostic(`${suspicions} suspicions in 30 × 5 minutes`);
    assert(suspicions > 0, "the loss is felt");
    assert.deepEqual(deathsAfter(sightings, since), [], story(deathsAfter(sightings, since)));
    assert(converged(world, 30));
  });

  test("after a partition both sides know each other again, and neither doubted its own", (t) => {
    const delays = new Histogram();
    for (let seed = 0; seed < 100; seed += 1) {
      const { world, sightings } = meshOf(seed, 6);
      world.run(4000);
      const [first, second] = [[0, 1, 2].map(nameOf), [3, 4, 5].map(nameOf)];
      world.cut("middle", first, second);
      world.run(world.nowMs + 15_000 + world.random.below(10_000));
      for (const id of world.ids) assert.equal(world.node(id).membership.alive().length, 3);
      const healedAt = world.nowMs;
      world.heal();
      delays.add(runUntilConverged(world, 6, 10_000));
      assert(converged(world, 6), `seed ${seed}`);
      world.run(world.nowMs + 5000);
      const deaths = deathsAfter(sightings, healedAt);
      assert.deepEqual(deaths, [], `seed ${seed}\n${story(sightings, healedAt)}`);
    }
    t.diagnostic(`after healing: ${delays.describe("ms")}, redialling up to 1000 ms included`);
    assert(delays.quantile(1) <= 2000);
  });

  test("a machine that stood still accuses nobody, and objects to its own death", () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const { world, sightings } = meshOf(seed, 3);
      world.run(4000 + world.random.below(500));
      world.stall(nameOf(1), 3000);
      world.run(world.nowMs + 3000);
      const since = world.nowMs;
      world.run(since + 4000);
      const accused = sightings.filter(({ by, state }) => by === nameOf(1) && state === "dead");
      assert.deepEqual(accused, [], `seed ${seed}\n${story(sightings, since)}`);
      assert(converged(world, 3), `seed ${seed}`);
    }
  });

  test("a clock that is 400 days off follows the mesh", () => {
    for (const wallSkewMs of [-400, 400].map((days) => days * 86_400_000)) {
      const { world } = meshOf(5, 3);
      world.run(60_000);
      world.addMachine(nameOf(3), (boot) => new MemberNode(boot), { wallSkewMs });
      world.connect(nameOf(3), nameOf(0));
      world.run(70_000);
      for (const id of world.ids) {
        const now = world.now(id);
        const meshMs = now.wallMs + world.node(id).membership.meshOffsetMs(now);
        assert(Math.abs(meshMs - epochMs - world.nowMs) < 1000, `${short(id)} is off`);
        const member = world.node(id).membership.members().get(nameOf(3));
        assert(Math.abs((member?.startedMs ?? 0) - epochMs - 60_000) < 5000, "born in mesh time");
      }
      assert(converged(world, 4));
    }
  });

  test("whatever happens, the survivors agree in the end, for 200 seeds", (t) => {
    const delays = new Histogram();
    let deaths = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const { world, sightings } = meshOf(seed, 3 + (seed % 6), {
        network: {
          lossPerMille: world100(seed, 1),
          duplicatePerMille: world100(seed, 2),
          reorderPerMille: world100(seed, 3),
        },
      });
      makeTrouble(world);
      world.heal();
      world.network.change({ lossPerMille: 10 });
      for (const id of world.ids) {
        world.crashAfter(id, Number.POSITIVE_INFINITY);
        world.restart(id);
        if (id !== nameOf(0)) world.connect(id, nameOf(0));
      }
      delays.add(runUntilConverged(world, world.ids.length, 20_000));
      assert(
        converged(world, world.ids.length),
        `seed ${seed}\n${story(sightings, world.nowMs - 20_000)}`,
      );
      deaths += deathsAfter(sightings, 0).length;
    }
    t.diagnostic(`agreement after chaos: ${delays.describe("ms")}; ${deaths} deaths seen`);
    assert(deaths > 1000, "the seeds reach deaths");
  });

  test("the same seed gives the same run", () => {
    const run = (): string => {
      const { world, sightings } = meshOf(11, 5, { network: { lossPerMille: 100 } });
      world.run(5000);
      world.crash(nameOf(2));
      world.run(9000);
      return `${world.happened}\n${story(sightings)}`;
    };
    assert.equal(run(), run());
  });

  test("1000 machines, 50 die: every view converges", (t) => {
    const started = performance.now();
    const { world, sightings } = meshOf(1, 1000);
    world.run(world.nowMs + 10_000);
    assert(converged(world, 1000), "all know all");
    const deadAt = world.nowMs;
    const dead = Array.from({ length: 50 }, (_, index) => nameOf(index * 20 + 7));
    for (const id of dead) world.crash(id, { power: true });
    world.run(deadAt + 10_000);
    const delays = new Histogram();
    for (const { nowMs } of deathsAfter(sightings, 0)) delays.add(nowMs - deadAt);
    t.diagnostic(`mass death: ${delays.describe("ms")}`);
    t.diagnostic(`${world.happened} happenings in ${Math.round(performance.now() - started)} ms`);
    assert(converged(world, 950));
    assert.equal(delays.count, 50 * 950, "nobody was mistaken for dead");
  });
});

/** Crashes, restarts, stalls, cuts, one after the other, as chance has it. */
function makeTrouble(world: World<MemberNode>): void {
  const { random, ids } = world;
  const deeds: readonly ((id: PeerId, turn: number) => void)[] = [
    (id) => world.crash(id, { power: random.below(2) === 0 }),
    (id) => world.restart(id),
    (id) => world.stall(id, random.below(3000)),
    (id) => world.crashAfter(id, random.below(20)),
    () => world.heal(),
    (id, turn) => {
      const place = ids.indexOf(id);
      world.cut(`cut-${turn}`, ids.slice(0, place), ids.slice(place));
    },
  ];
  for (let turn = 0; turn < 12; turn += 1) {
    world.run(world.nowMs + 200 + random.below(2500));
    deeds[random.below(deeds.length)]?.(nameOf(random.below(ids.length)), turn);
  }
}

/** Up to 10 %, differently for each use of a seed. */
function world100(seed: number, use: number): number {
  return (seed * 37 * use) % 100;
}
