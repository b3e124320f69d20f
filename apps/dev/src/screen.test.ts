import assert from "node:assert/strict";
import { test } from "node:test";
import { openScreen } from "./screen.ts";

test("openScreen goes back over what it drew and never clears the whole", () => {
  const written: string[] = [];
  const out = { isTTY: true, rows: 4, columns: 5, write: (text: string) => written.push(text) };
  const screen = openScreen(out);
  screen.draw("one\ntwo too long\nthree\nfour");
  screen.draw("one\ntwo");
  screen.close();
  const [first = "", second = "", third] = written;
  assert.equal(first, "\u001B[?25l\rone\u001B[K\ntwo t\u001B[K\nthree\u001B[K\n\u001B[J");
  assert.equal(second, "\u001B[3A\rone\u001B[K\ntwo\u001B[K\n\u001B[J");
  assert.equal(third, "\u001B[?25h");
});

test("openScreen writes a pipe only what has changed", () => {
  const written: string[] = [];
  const screen = openScreen({ write: (text: string) => written.push(text) });
  screen.draw("one");
  screen.draw("one");
  screen.draw("two");
  assert.deepEqual(written, ["one\n", "two\n"]);
});
