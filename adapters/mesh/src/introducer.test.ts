import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "@libp2p/interface";
import { Introducer } from "./introducer.ts";

function connectionWith(protocols: readonly string[]): Connection {
  const streams = protocols.map((protocol) => ({ protocol, direction: "outbound" }));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that is looked at
  return { remotePeer: { toString: () => "ann" }, streams } as unknown as Connection;
}

test("who has no stream of pub/sub is introduced, once at a time", async () => {
  const served = connectionWith(["/meshsub/1.2.0"]);
  const unserved = connectionWith(["/beemesh/machine/msg/1"]);
  const introduced: Connection[] = [];
  const done = Promise.withResolvers<void>();
  const introducer = new Introducer({
    identify: (connection) => {
      introduced.push(connection);
      return done.promise;
    },
    connections: () => [served, unserved],
  });
  introducer.check();
  introducer.check();
  assert.deepEqual(introduced, [unserved]);
  done.reject(new Error("no answer"));
  await done.promise.catch(() => undefined);
  await new Promise(setImmediate);
  introducer.check();
  assert.equal(introduced.length, 2);
  introducer.close();
});
