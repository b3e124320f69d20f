import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { Standing, Statement } from "./message.ts";
import { isNews, replicaOf, statementOf } from "./replica.ts";

test("of any two statements about a replica one is news, and never both", () => {
  const statements: Statement[] = [];
  for (const standing of [0, 1, 2] satisfies Standing[]) {
    for (const incarnation of [0, 1, 2]) statements.push(["u", standing, incarnation]);
  }
  for (const a of statements) {
    for (const b of statements) {
      const isNewsOver = isNews(a, { standing: b[1], incarnation: b[2] });
      const isOlder = isNews(b, { standing: a[1], incarnation: a[2] });
      assert.equal(isNewsOver || isOlder, a !== b, `${String(a)} and ${String(b)}`);
      assert(!(isNewsOver && isOlder));
    }
  }
  assert.deepEqual(statementOf(replicaOf("u", instantAt(5))), ["u", 0, 0]);
});
