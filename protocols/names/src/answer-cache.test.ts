import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { Answer } from "./answer.ts";
import { AnswerCache, staleMs } from "./answer-cache.ts";

const answer = (ttlSeconds: number, count = 1): Answer => ({
  status: "found",
  ttlSeconds,
  records: Array.from({ length: count }, () => ({ type: "A", name: "a", address: "10.0.0.1" })),
});

describe("AnswerCache", () => {
  test("gives an answer with what is left of its time, then as stale, then no more", () => {
    const cache = new AnswerCache();
    cache.keep("q", answer(5), instantAt(0));
    assert.deepEqual(cache.find("q", instantAt(1500)), { answer: answer(4), isFresh: true });
    assert.deepEqual(cache.find("q", instantAt(5000)), { answer: answer(1), isFresh: false });
    assert(cache.has("q", instantAt(5000 + staleMs - 1)));
    assert(!cache.has("q", instantAt(5000 + staleMs)));
    assert.equal(cache.find("q", instantAt(5000 + staleMs)), undefined);
    assert.equal(cache.size, 0);
  });

  test("keeps nothing that may not be kept, and nothing for ever", () => {
    const cache = new AnswerCache();
    cache.keep("q", answer(0), instantAt(0));
    assert.equal(cache.size, 0);
    cache.keep("q", answer(1_000_000), instantAt(0));
    assert.equal(cache.find("q", instantAt(300_000))?.isFresh, false);
  });

  test("believes nothing any more after expire, and forgets it no later for that", () => {
    const cache = new AnswerCache();
    cache.keep("q", answer(5), instantAt(0));
    cache.expire(instantAt(1000));
    cache.expire(instantAt(4000));
    assert.equal(cache.find("q", instantAt(4000))?.isFresh, false);
    assert(!cache.has("q", instantAt(1000 + staleMs)));
  });

  test("is bounded in answers and in records, and lets the longest unused go", () => {
    const cache = new AnswerCache();
    for (let index = 0; index < 3000; index += 1) {
      cache.keep(`q${index}`, answer(5), instantAt(0));
      cache.find("q0", instantAt(0));
    }
    assert.equal(cache.size, 1024);
    assert(cache.has("q0", instantAt(0)) && !cache.has("q1", instantAt(0)));
    for (let index = 0; index < 100; index += 1)
      cache.keep(`r${index}`, answer(5, 512), instantAt(0));
    assert(cache.records <= 8192);
    assert(cache.has("r99", instantAt(0)));
    cache.keep("r99", answer(5), instantAt(0));
    assert.equal(cache.records, 15 * 512 + 1 + (cache.size - 16));
  });
});
