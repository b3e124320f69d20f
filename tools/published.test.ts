import assert from "node:assert/strict";
import { test } from "node:test";
import { documentFacts, goFacts, withFacts } from "./published.ts";

const core = `
// +enum
type Mode string

const (
	// One of two.
	A Mode = "A"
	B Mode = "two words"
)
`;

const apps = `
import (
	"k8s.io/api/core/v1"
)

type Spec struct {
	// How many.
	// +k8s:beta(since: "1.35")=+k8s:minimum=0
	// +k8s:alpha(since: "1.35")=+k8s:maximum=3
	Replicas *int32 \`json:"replicas,omitempty" protobuf:"1"\`
	Modes []v1.Mode \`json:"modes" protobuf:"2"\`
	ByName map[string]v1.Mode \`json:"byName" protobuf:"3"\`
}
`;

test("enumerations and bounds come out of Go, those behind a gate do not", () => {
  const facts = goFacts([
    { prefix: "core.v1", text: core },
    { prefix: "apps.v1", text: apps },
  ]);
  assert.deepEqual(
    [...facts],
    [
      ["apps.v1.Spec.replicas", ["min=0"]],
      ["apps.v1.Spec.modes", ["enum=A|two_words"]],
    ],
  );
});

test("long enumerations stand in several facts", () => {
  const names = Array.from({ length: 20 }, (_, index) => `"LongValue${index}"`);
  const constants = names.map((name, index) => `\tC${index} Mode = ${name}`).join("\n");
  const field = '\ntype S struct {\n\tMode Mode `json:"mode" protobuf:"1"`\n}\n';
  const text = `// +enum\ntype Mode string\n\nconst (\n${constants}\n)\n${field}`;
  const facts = goFacts([{ prefix: "core.v1", text }]).get("core.v1.S.mode") ?? [];
  assert(facts.length > 1 && facts.every((fact) => fact.length <= 80), facts.join(" "));
  assert.equal(facts.flatMap((fact) => fact.slice(5).split("|")).length, 20);
});

test("documents say what missing members are, Go's zero values aside", () => {
  const properties = {
    spec: { default: {} },
    metadata: { default: {} },
    name: { default: "" },
    protocol: { default: "TCP" },
    replicas: { default: 1 },
  };
  const facts = documentFacts({ "io.k8s.api.core.v1.X": { properties } });
  assert.deepEqual(
    [...facts],
    [
      ["core.v1.X.spec", ["default={}"]],
      ["core.v1.X.protocol", ["default=TCP"]],
      ["core.v1.X.replicas", ["default=1"]],
    ],
  );
});

test("facts take the place of older ones", () => {
  const text =
    "# enum=x\napps.v1.Spec\n  replicas! 1 int32 list=atomic min=5\n  other 2 string min=1\n";
  const published = new Map([["apps.v1.Spec.replicas", ["min=0", "max=3"]]]);
  assert.equal(
    withFacts(text, published),
    "# enum=x\napps.v1.Spec\n  replicas! 1 int32 list=atomic min=0 max=3\n  other 2 string\n",
  );
});
