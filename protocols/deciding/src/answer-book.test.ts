import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { AnswerBook } from "./answer-book.ts";
import { answerKeptMs, answersLengthMax, answersMax } from "./limits.ts";

const start = instantAt(0);

describe("AnswerBook", () => {
  test("gives the same answer to whoever asks again, also while it is being found", () => {
    const book = new AnswerBook<string>();
    assert.equal(book.get("w"), undefined);
    book.begin("w", "answer");
    assert.equal(book.get("w"), "answer");
    book.end("w", 10, start);
    assert.equal(book.get("w"), "answer");
  });

  test("forgets what was not decided", () => {
    const book = new AnswerBook<string>();
    book.begin("w", "unready");
    book.drop("w");
    assert.equal(book.get("w"), undefined);
  });

  test("forgets what is old when something else ends", () => {
    const book = new AnswerBook<string>();
    book.begin("old", "a");
    book.end("old", 1, start);
    book.begin("new", "b");
    book.end("new", 1, instantAt(answerKeptMs + 1));
    assert.equal(book.get("old"), undefined);
    assert.equal(book.get("new"), "b");
  });

  test("keeps so many answers and characters, and never forgets what is under way", () => {
    const book = new AnswerBook<number>();
    book.begin("under way", -1);
    for (let count = 0; count < answersMax + 5; count += 1) {
      book.begin(`w${count}`, count);
      book.end(`w${count}`, 1, start);
    }
    assert.equal(book.get("w0"), undefined);
    assert.equal(book.get(`w${answersMax + 4}`), answersMax + 4);
    book.begin("huge", 0);
    book.end("huge", answersLengthMax + 1, start);
    assert.equal(book.get(`w${answersMax + 4}`), undefined, "one huge answer takes all room");
    book.begin("small", 1);
    book.end("small", 1, start);
    assert.equal(book.get("huge"), undefined);
    assert.equal(book.get("small"), 1);
    assert.equal(book.get("under way"), -1);
  });
});
