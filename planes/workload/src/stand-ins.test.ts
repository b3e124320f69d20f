import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { standInOf } from "@beemesh/workload";
import { StandIns } from "./stand-ins.ts";

describe("StandIns", () => {
  test("give a name the address that it decides, and the name back", () => {
    const standIns = new StandIns();
    const address = standIns.addressOf("api.example.com");
    assert.equal(address, standInOf("name", "api.example.com"));
    assert.equal(standIns.addressOf("api.example.com"), address);
    assert.equal(standIns.nameOf(address), "api.example.com");
    assert.equal(standIns.nameOf("198.18.0.1"), undefined);
  });

  test("never give one address to two names", () => {
    const standIns = new StandIns();
    const names = Array.from({ length: 5000 }, (_, index) => `n${index}.example`);
    const addresses = names.map((name) => standIns.addressOf(name));
    assert.equal(new Set(addresses).size, 5000);
    assert(new Set(names.map((name) => standInOf("name", name))).size < 5000, "some collide");
    for (const [index, name] of names.entries()) {
      assert.equal(standIns.nameOf(addresses[index] ?? ""), name);
    }
  });

  test("are bounded; the longest unused go", () => {
    const standIns = new StandIns();
    const first = standIns.addressOf("first.example");
    const second = standIns.addressOf("second.example");
    for (let index = 0; index < 20_000; index += 1) {
      standIns.addressOf(`n${index}.example`);
      standIns.addressOf("first.example");
    }
    assert.equal(standIns.size, 16_384);
    assert.equal(standIns.nameOf(first), "first.example");
    assert.notEqual(standIns.nameOf(second), "second.example");
  });
});
