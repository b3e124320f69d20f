import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientBook } from "./client-book.ts";

test("a client is remembered for as long as is asked about", () => {
  const book = new ClientBook();
  book.note("ann", "U1", 100);
  assert.equal(book.uidOf("ann", 100), "U1");
  assert.equal(book.uidOf("ann", 101), "");
  book.note("ann", "U2", 200);
  assert.equal(book.uidOf("ann", 101), "U2");
  assert.equal(book.uidOf("bob", 0), "");
});

test("of too many clients those are forgotten who came longest ago", () => {
  const book = new ClientBook();
  book.note("first", "U", 0);
  book.note("second", "U", 0);
  book.note("first", "U", 1);
  for (let index = 0; book.uidOf("second", 0) !== ""; index += 1) book.note(`c${index}`, "U", 2);
  assert.equal(book.uidOf("first", 0), "U");
  const { size } = book;
  book.note("one more", "U", 3);
  assert.equal(book.size, size);
});
