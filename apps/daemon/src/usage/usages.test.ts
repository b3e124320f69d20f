import assert from "node:assert/strict";
import { Duplex, duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, mock, test } from "node:test";
import type { MachineUsage } from "@beemesh/ports";
import { writeUsage } from "./usage-text.ts";
import { Usages, type UsagesOptions } from "./usages.ts";

function usageOf(machine: string): MachineUsage {
  return { machine, wallMs: 1, windowMs: 1000, cpuNanocores: 3, memoryBytes: 4, pods: [] };
}

function answering(answer: string): Duplex {
  const [near, far] = duplexPair();
  far.resume();
  far.end(answer);
  return near;
}

/** A machine `m1` that reaches others by what they answer. */
function scene(others: Readonly<Record<string, () => Promise<Duplex>>>, dead: string[] = []) {
  const asked: string[] = [];
  let serve: ((peer: string, stream: Duplex) => void) | undefined;
  const options: UsagesOptions = {
    self: "m1",
    gauge: { read: () => Promise.resolve(usageOf("m1")) },
    streams: {
      openStream: (peer) => {
        asked.push(peer);
        return others[peer]?.() ?? Promise.reject(new Error("away"));
      },
      handleStream: (_name, handler) => {
        serve = handler;
        return Promise.resolve();
      },
    },
    peerOf: (machine) => (machine === "stranger" ? undefined : machine),
    isAlive: (machine) => !dead.includes(machine),
  };
  const usages = new Usages(options);
  const known = (): string[] => usages.all().map(({ machine }) => machine);
  return { usages, asked, known, serve: (stream: Duplex) => serve?.("m9", stream) };
}

describe("Usages", () => {
  test("are gathered of this machine and of others, each asked once for a while", async () => {
    const m2 = (): Promise<Duplex> => Promise.resolve(answering(writeUsage(usageOf("m2"))));
    const { usages, asked, known } = scene({ m2 });
    await Promise.all([usages.gather(["m1", "m2"]), usages.gather(["m2", "m2"])]);
    await usages.gather(["m1", "m2"]);
    assert.deepEqual(known().toSorted(), ["m1", "m2"]);
    assert.deepEqual(asked, ["m2"]);
  });

  test("lack who is dead, away, unknown, or speaks for another", async () => {
    const liar = (): Promise<Duplex> => Promise.resolve(answering(writeUsage(usageOf("m2"))));
    const { usages, known } = scene({ liar }, ["dead"]);
    await usages.gather(["dead", "away", "stranger", "liar", "m1"]);
    assert.deepEqual(known(), ["m1"]);
  });

  test("do not wait for a machine that says nothing", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const silent = (): Promise<Duplex> =>
        Promise.resolve(new Duplex({ read: () => undefined, write: (_c, _e, done) => done() }));
      const { usages, known } = scene({ silent });
      const gathering = usages.gather(["silent", "m1"]);
      await new Promise((resolve) => setImmediate(resolve));
      mock.timers.tick(3000);
      await gathering;
      assert.deepEqual(known(), ["m1"]);
    } finally {
      mock.timers.reset();
    }
  });

  test("are told to machines that ask", async () => {
    const { usages, serve } = scene({});
    await usages.serve();
    const [near, far] = duplexPair();
    serve(far);
    near.end();
    assert.equal(await text(near), writeUsage(usageOf("m1")));
  });
});
