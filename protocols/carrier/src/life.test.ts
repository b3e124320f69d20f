import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CarrierLife } from "./life.ts";

type Kind = Parameters<CarrierLife["send"]>[0];
const kinds: readonly Kind[] = ["open", "accepted", "refused", "data", "end", "reset"];

/** Two ends and what is under way between them; every frame is delivered in order. */
class Pair {
  readonly client = new CarrierLife("client");
  readonly server = new CarrierLife("server");
  readonly #toServer: Kind[] = [];
  readonly #toClient: Kind[] = [];

  send(from: "client" | "server", kind: Kind): void {
    this[from].send(kind);
    (from === "client" ? this.#toServer : this.#toClient).push(kind);
  }

  /** Delivers the oldest frame to one end; a frame that honest ends send is never refused. */
  deliver(to: "client" | "server"): void {
    const kind = (to === "server" ? this.#toServer : this.#toClient).shift();
    if (kind !== undefined) assert(this[to].receive(kind), `${to} takes ${kind}`);
  }

  get isQuiet(): boolean {
    return this.#toServer.length + this.#toClient.length === 0;
  }
}

function run(script: string): Pair {
  const pair = new Pair();
  for (const word of script.split(" ")) {
    const [who, kind] = word.split(":");
    const kindSent = kinds.find((known) => known === kind);
    assert(who === "client" || who === "server");
    if (kindSent === undefined) pair.deliver(who);
    else pair.send(who, kindSent);
  }
  return pair;
}

describe("CarrierLife", () => {
  for (const [what, script, phase] of [
    ["is opening until the server answers", "client:open server:", "opening"],
    ["is open when it was accepted", "client:open server: server:accepted client:", "open"],
    [
      "is half-closed after one END",
      "client:open client:end server: server: server:accepted client:",
      "half-closed",
    ],
    [
      "is idle again after both",
      "client:open client:end server: server: server:accepted server:end client: client:",
      "idle",
    ],
    [
      "is idle again after a refusal and its answer",
      "client:open client:data server: server: server:refused client: client:reset server:",
      "idle",
    ],
    [
      "is idle again after a reset and its answer",
      "client:open server: server:accepted client: server:reset client: client:reset server:",
      "idle",
    ],
    [
      "is idle again after resets that cross",
      "client:open server: server:accepted client: client:reset server:reset server: client:",
      "idle",
    ],
  ] as const)
    test(what, () => {
      const { client, server } = run(script);
      assert.deepEqual([client.phase, server.phase], [phase, phase]);
      assert.equal(client.isReusable, phase === "idle");
    });

  test("a server that refused discards until the client's last frame", () => {
    const { server } = run("client:open client:data server: server:refused");
    assert(server.isDiscarding);
    assert(server.awaitsLast && !server.owesLast);
    assert(server.receive("data") && server.isDiscarding);
    assert(server.receive("end") && !server.isDiscarding);
  });

  for (const [what, role, received] of [
    ["a server that is sent an answer", "server", ["open", "accepted"]],
    ["a server that is sent DATA first", "server", ["data"]],
    ["a server that is sent OPEN twice", "server", ["open", "open"]],
    ["a server that is sent DATA after END", "server", ["open", "end", "data"]],
    ["a server that is sent two last frames", "server", ["open", "end", "reset"]],
    ["a client that is sent OPEN", "client", ["open"]],
    ["a client that is sent anything while idle", "client", ["end"]],
  ] as const)
    test(`${what} holds the carrier to be dead`, () => {
      const life = new CarrierLife(role);
      const verdicts = received.map((kind) => life.receive(kind));
      assert.equal(verdicts.at(-1), false);
      assert(verdicts.slice(0, -1).every(Boolean));
      assert.equal(life.phase, "dead");
      for (const kind of kinds) assert.equal(life.receive(kind), false);
      assert(!life.owesLast && !life.awaitsLast && !life.isReusable);
    });

  for (const kind of ["data", "end", "reset"] as const)
    test(`a client that is sent ${kind} before an answer holds the carrier to be dead`, () => {
      const life = new CarrierLife("client");
      life.send("open");
      assert.equal(life.receive(kind), false);
    });

  test("a killed carrier is dead", () => {
    const life = new CarrierLife("client");
    life.kill();
    assert.equal(life.phase, "dead");
    assert.throws(() => life.send("open"), { name: "AssertionError" });
  });

  test("honest ends agree, whatever they do and however slow the way is", () => {
    let reused = 0;
    const turn = fc.record({
      who: fc.constantFrom("client" as const, "server" as const),
      deliver: fc.boolean(),
      choice: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 200, maxLength: 200 }), (turns) => {
        const pair = new Pair();
        for (const { who, deliver, choice } of turns) {
          const allowed = kinds.filter((kind) => pair[who].maySend(kind));
          const kind = allowed[choice % Math.max(1, allowed.length)];
          if (deliver) pair.deliver(who);
          else if (kind !== undefined) pair.send(who, kind);
        }
        while (!pair.isQuiet) {
          pair.deliver("client");
          pair.deliver("server");
        }
        assert.equal(pair.client.isReusable, pair.server.isReusable);
        assert.equal(pair.client.connections, pair.server.connections);
        assert.equal(pair.client.owesLast, pair.server.awaitsLast);
        assert.equal(pair.server.owesLast, pair.client.awaitsLast);
        if (pair.client.connections > 1) reused += 1;
      }),
      { numRuns: 300 },
    );
    assert(reused > 100, `${reused} runs reused a carrier`);
  });
});
