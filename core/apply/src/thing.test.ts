/** A small type with something of everything, for tests, and objects of it. */
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import fc from "fast-check";
import { problemsOf } from "./extent.ts";
import { leaf, mapOf, type Shape, structOf } from "./shape.ts";

const port: Shape = structOf(
  new Map([
    ["port", leaf],
    ["protocol", leaf],
    ["host", leaf],
  ]),
);

const portList: Shape = {
  kind: "list",
  keys: ["port", "protocol"],
  keyDefaults: { protocol: "TCP" },
  item: port,
};

const item: Shape = structOf(
  new Map<string, Shape>([
    ["name", leaf],
    ["image", leaf],
    ["ports", portList],
  ]),
);

/** `spec` with scalars, an atomic map, a set, a list by name with a list in it, and a struct. */
export const thing: Shape = structOf(
  new Map<string, Shape>([
    ["apiVersion", leaf],
    ["kind", leaf],
    [
      "metadata",
      structOf(
        new Map([
          ["name", leaf],
          ["labels", mapOf(leaf)],
          ["annotations", mapOf(leaf)],
        ]),
      ),
    ],
    [
      "spec",
      structOf(
        new Map<string, Shape>([
          ["size", leaf],
          ["selector", leaf],
          ["tags", { kind: "list", keys: [], keyDefaults: {}, item: leaf }],
          ["items", { kind: "list", keys: ["name"], keyDefaults: {}, item }],
          [
            "probe",
            structOf(
              new Map([
                ["path", leaf],
                ["period", leaf],
              ]),
            ),
          ],
        ]),
      ),
    ],
    ["status", structOf(new Map([["phase", leaf]]))],
  ]),
);

const scalar = fc.constantFrom<string | number>("x", "y", 1, 2);
const tags = fc.uniqueArray(fc.constantFrom("red", "green", "blue"), { maxLength: 3 });
const labels = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"));
const ports = fc.uniqueArray(
  fc.record({ port: fc.constantFrom(80, 81), host: scalar }, { requiredKeys: ["port"] }),
  { maxLength: 2, selector: (each) => each.port },
);
const items = fc.uniqueArray(
  fc.record(
    { name: fc.constantFrom("p", "q", "r"), image: scalar, ports },
    {
      requiredKeys: ["name"],
    },
  ),
  { maxLength: 3, selector: (each) => each.name },
);
const probe = fc.record({ path: scalar }, { requiredKeys: [] });
const spec = fc.record(
  { size: scalar, selector: labels, tags, items, probe },
  { requiredKeys: [] },
);

/** Configurations of things: all have the same name, and each some fields. */
export const thingConfig: fc.Arbitrary<JsonObject> = fc
  .record({ labels, spec }, { requiredKeys: [] })
  .map(({ labels: some, spec: wanted }) => ({
    apiVersion: "v1",
    kind: "Thing",
    metadata: { name: "one", ...(some === undefined ? {} : { labels: some }) },
    ...(wanted === undefined ? {} : { spec: wanted }),
  }));

test("every configuration of the tests can be applied", () => {
  fc.assert(fc.property(thingConfig, (config) => problemsOf(thing, config).length === 0));
});
