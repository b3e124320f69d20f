import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { compile } from "./program.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    replicas: { type: "integer" },
    ratio: { type: "number" },
    labels: { type: "object", additionalProperties: { type: "string" } },
    ports: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
    any: { "x-kubernetes-preserve-unknown-fields": true },
  },
};

function typed(source: string): string {
  const compiled = compile(source, { variables: { self: { schema } } });
  return compiled.ok ? compiled.program.type : (compiled.message.split("\n")[0] ?? "");
}

test("an expression has the type that its parts give", () => {
  assert.equal(typed("self.replicas + 1"), "int");
  assert.equal(typed("self.labels['a']"), "string");
  assert.equal(typed("self.ports.map(p, p.name)"), "list(string)");
  assert.equal(typed("self.?labels[?'a']"), "optional_type(string)");
  assert.equal(typed("self.replicas > 0 ? 'a' : 'b'"), "string");
  assert.equal(typed("self.labels.exists(k, v, k == v)"), "bool");
  assert.equal(typed("[self.ratio].sum()"), "double");
});

test("what an expression gets wrong is said at its place", () => {
  const wrong = "compilation failed: ERROR: <input>:1:";
  assert.equal(typed("self.replica"), `${wrong}5: undefined field 'replica'`);
  assert.equal(typed("self.any"), `${wrong}5: undefined field 'any'`);
  assert.equal(typed("other"), `${wrong}1: undeclared reference to 'other' (in container '')`);
  assert.equal(
    typed("self.replicas + 'a'"),
    `${wrong}15: found no matching overload for '_+_' applied to '(int, string)'`,
  );
  assert.equal(
    typed("self.replicas.startsWith('a')"),
    `${wrong}14: found no matching overload for 'startsWith' applied to 'int.(string)'`,
  );
  assert.equal(
    typed("self.replicas == 'a'"),
    `${wrong}15: found no matching overload for '_==_' applied to '(int, string)'`,
  );
  assert.match(typed("nope(1)"), /undeclared reference to 'nope'/u);
  assert.match(typed("self.replicas.name"), /type 'int' does not support field selection/u);
  assert.match(typed("1.all(x, x)"), /cannot be range of a comprehension/u);
  assert.match(typed("[1].all(x, x)"), /expected type 'bool' but found 'int'/u);
});
