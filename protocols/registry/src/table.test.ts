import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource, type KubeObject } from "@beemesh/model";
import { type Entry, formatStamp } from "@beemesh/wire";
import fc from "fast-check";
import { type Row, Table } from "./table.ts";

const pods = findResource("", "pods");
assert(pods !== undefined);
const resource = pods;

function tableOf(): Table {
  return new Table("pods/default", resource, "default");
}

function rowOf(name: string, uid = "u"): Row {
  const object: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name, uid } };
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name, part: "spec" } as const;
  const spec: Entry = { ...key, stamp, author: "ann", body: "{}", signature: "s" };
  return { spec, base: object, uid, object };
}

describe("Table", () => {
  test("stays in order by name whatever is set, changed, deleted and listed between", () => {
    const action = fc.record({
      kind: fc.constantFrom("set", "delete", "list"),
      name: fc.constantFrom("a", "a-b", "B", "b", "c", "\u00e4"),
      uid: fc.string({ minLength: 1, maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const table = tableOf();
        const model = new Map<string, string>();
        for (const { kind, name, uid } of actions) {
          if (kind === "set") {
            table.set(name, rowOf(name, uid));
            model.set(name, uid);
          } else if (kind === "delete") {
            table.delete(name);
            model.delete(name);
          } else table.objects();
        }
        const expected = [...model.keys()].toSorted().map((name) => [name, model.get(name)]);
        const found = table.objects().map(({ metadata }) => [metadata.name, metadata.uid]);
        assert.deepEqual(found, expected);
      }),
    );
  });

  test("never changes a list that it has given out", () => {
    const table = tableOf();
    table.set("a", rowOf("a"));
    const before = table.objects();
    table.set("b", rowOf("b"));
    table.delete("a");
    assert.deepEqual(
      before.map(({ metadata }) => metadata.name),
      ["a"],
    );
    assert.deepEqual(
      table.objects().map(({ metadata }) => metadata.name),
      ["b"],
    );
  });
});
