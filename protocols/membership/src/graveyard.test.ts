import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { contextOf, member } from "./context.test.ts";
import { type Context, membershipDefaults } from "./context.ts";
import { Graveyard } from "./graveyard.ts";

test("the dead are remembered for days, then forgotten, and those who return are not", () => {
  const context = contextOf("ann", "eve");
  const graveyard = new Graveyard(context);
  for (const id of ["bob", "cid"]) {
    context.view.put(member(id, "dead"));
    graveyard.note(id, instantAt(0));
  }
  assert.deepEqual(graveyard.sweep(instantAt(membershipDefaults.lostMs - 1)), []);
  context.view.put(member("cid", "alive", 2));
  graveyard.note("cid", instantAt(5));
  assert.deepEqual(graveyard.sweep(instantAt(membershipDefaults.lostMs)), ["bob"]);
  assert.equal(context.view.get("bob"), undefined);
  assert(context.view.get("cid"));
});

test("if too many are gone the longest gone is forgotten first", () => {
  const base = contextOf("ann");
  const context: Context = { ...base, options: { ...membershipDefaults, lostMax: 2 } };
  const graveyard = new Graveyard(context);
  for (const [index, id] of ["bob", "cid", "dan", "eve"].entries()) {
    context.view.put(member(id, "dead"));
    graveyard.note(id, instantAt(index));
  }
  assert.deepEqual(graveyard.sweep(instantAt(9)), ["bob", "cid"]);
});
