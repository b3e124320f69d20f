import assert from "node:assert/strict";
import { test } from "node:test";
import { newsMax } from "./limits.ts";
import { News } from "./news.ts";

test("news is told a few times for every doubling of the group, the least told first", () => {
  const news = new News();
  for (let index = 0; index < newsMax + 2; index += 1) news.add([`u${index}`, 1, 0]);
  const first = news.take(2, []);
  assert.equal(first.length, newsMax);
  const second = news.take(2, []).map(([uid]) => uid);
  assert(second.includes(`u${newsMax}`) && second.includes(`u${newsMax + 1}`));
  for (let index = 0; index < 20; index += 1) news.take(2, []);
  assert.deepEqual(news.take(2, []), []);
});

test("what the receiver must know comes first, and nothing is said twice", () => {
  const news = new News();
  news.add(["a", 1, 0]);
  news.add(["b", 1, 0]);
  news.add(["b", 2, 0]);
  assert.deepEqual(news.take(3, [["a", 2, 1]]), [
    ["a", 2, 1],
    ["b", 2, 0],
  ]);
  news.forget("b");
  assert.deepEqual(news.take(3, []), [["a", 1, 0]]);
});
