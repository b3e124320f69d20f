import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { Ring } from "./ring.ts";

test("a ring comes to everybody once a round, whoever comes and goes", () => {
  const ring = new Ring(seededRandom(1));
  assert.equal(ring.next(), undefined);
  for (const uid of "abcdef") ring.add(uid);
  const round = Array.from({ length: 6 }, () => ring.next());
  assert.deepEqual(new Set(round), new Set("abcdef"));
  assert.deepEqual(
    Array.from({ length: 6 }, () => ring.next()),
    round,
  );
  const [first = "", second = ""] = [ring.next(), ring.next()];
  ring.remove(first);
  ring.remove("nobody");
  ring.add("g");
  const rest = new Set(Array.from({ length: 6 }, () => ring.next()));
  assert(!rest.has(first) && rest.has(second) && rest.has("g"));
});

test("some are chosen by chance, without one twice", () => {
  const ring = new Ring(seededRandom(2));
  for (const uid of "abcdef") ring.add(uid);
  const some = ring.some(3, (uid) => uid !== "a");
  assert.equal(new Set(some).size, 3);
  assert(!some.includes("a"));
  assert.deepEqual(new Set(ring.some(9, (uid) => uid < "c")), new Set("ab"));
});
