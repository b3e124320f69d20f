import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { type Context, change, checkOptions, membershipDefaults } from "./context.ts";
import { Outbox } from "./effect.ts";
import type { Member, MemberState } from "./member.ts";
import { View } from "./view.ts";

/** What the parts of machine `self` share; it knows itself and `others`, all alive. */
export function contextOf(self: string, ...others: readonly string[]): Context {
  const context: Context = {
    self,
    view: new View(),
    out: new Outbox(),
    random: seededRandom(1),
    options: membershipDefaults,
    moved: new Set(),
  };
  for (const id of [self, ...others]) context.view.put(member(id));
  return context;
}

/** A member of incarnation 1, that can be reached under its name. */
export function member(id: string, state: MemberState = "alive", incarnation = 1): Member {
  return { id, incarnation, startedMs: 0, addresses: [`/dns4/${id}`], state };
}

/** The effects of a step, each as one short line. */
export function linesOf(out: Outbox): string[] {
  return out.take().map((effect) => {
    if (effect.kind === "send") return `${effect.to} <- ${JSON.stringify(effect.message)}`;
    if (effect.kind === "publish") return `* <- ${JSON.stringify(effect.message)}`;
    if (effect.kind === "changed") return `${effect.member.id} is ${effect.member.state}`;
    if (effect.kind === "remember") return `remember ${effect.peer} at ${effect.addresses.join()}`;
    if (effect.kind === "forget") return `forget ${effect.peer}`;
    return effect.kind === "observe" ? effect.event : effect.kind;
  });
}

describe("change", () => {
  test("tells of what is new, and nothing twice", () => {
    const context = contextOf("ann");
    change(context, member("bob"));
    change(context, member("bob"));
    change(context, member("bob", "suspect"));
    assert.deepEqual(linesOf(context.out), ["bob is alive", "bob is suspect"]);
  });

  test("notes who came, went or moved, but not who is merely suspected", () => {
    const context = contextOf("ann", "bob");
    const bob = context.view.get("bob") ?? member("bob");
    change(context, { ...bob, state: "suspect" });
    assert.deepEqual([...context.moved], []);
    change(context, { ...bob, state: "dead" });
    change(context, member("cid"));
    assert.deepEqual([...context.moved], ["bob", "cid"]);
  });
});

test("checkOptions refuses durations that make every lost heartbeat an alarm", () => {
  checkOptions(membershipDefaults);
  assert.throws(() => checkOptions({ ...membershipDefaults, silenceMs: 700 }));
  assert.throws(() => checkOptions({ ...membershipDefaults, confirmMs: 0 }));
  assert.throws(() => checkOptions({ ...membershipDefaults, watchersCount: 0 }));
});
