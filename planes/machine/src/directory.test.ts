import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { Directory, greetingMs } from "./directory.ts";

const at = (ms: number): Now => ({ at: instantAt(ms), wallMs: ms });
const nodeOf = (name: string, peer: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name,
    annotations: {
      "beemesh.io/peer-id": peer,
      "beemesh.io/addresses": "/ip4/10.0.0.2/tcp/1,/dns/x",
    },
  },
});

describe("Directory", () => {
  test("learns names, keys and addresses from Node records", () => {
    const directory = new Directory({ name: "m1", peer: "p1" }, () => true, at(0));
    assert.deepEqual(directory.learn(nodeOf("m2", "p2"), false), {
      peer: "p2",
      addresses: ["/ip4/10.0.0.2/tcp/1", "/dns/x"],
    });
    assert.equal(directory.peerOf("m2"), "p2");
    assert.equal(directory.nameOf("p2"), "m2");
  });

  test("lets no record speak for this machine", () => {
    const directory = new Directory({ name: "m1", peer: "p1" }, () => false, at(0));
    directory.learn(nodeOf("m1", "thief"), false);
    directory.learn(nodeOf("other", "p1"), false);
    assert.equal(directory.peerOf("m1"), "p1");
    assert.equal(directory.nameOf("p1"), "m1");
    assert(directory.isAlive("m1"));
  });

  test("holds the unheard for alive until it had time to hear of them", () => {
    const directory = new Directory({ name: "m1", peer: "p1" }, () => undefined, at(0));
    directory.learn(nodeOf("m2", "p2"), false);
    assert(directory.isAlive("m2"));
    directory.advance(at(greetingMs));
    assert(!directory.isAlive("m2"));
    assert(!directory.isAlive("never-seen"));
  });
});
