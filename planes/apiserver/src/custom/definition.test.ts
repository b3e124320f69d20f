import assert from "node:assert/strict";
import { test } from "node:test";
import { isKubeObject } from "@beemesh/model";
import { fieldAt, listAt, textAt } from "../field.ts";
import {
  definitionWarnings,
  shownDefinition,
  withDefinitionDefaults,
  withStoredVersions,
} from "./definition.ts";
import { gatewayDefinition } from "./test-definition.ts";

const json = gatewayDefinition();
assert(isKubeObject(json));
const definition = json;

test("names and the conversion are filled in", () => {
  const { spec } = withDefinitionDefaults(definition);
  assert.equal(textAt(spec, "names", "singular"), "gateway");
  assert.equal(textAt(spec, "names", "listKind"), "GatewayList");
  assert.equal(textAt(spec, "conversion", "strategy"), "None");
});

test("conditions are computed, and those of others stay", () => {
  const others = {
    ...definition,
    status: { conditions: [{ type: "Mine" }, { type: "Established" }] },
  };
  const shown = shownDefinition(others, { reason: "KindConflict", message: "taken" });
  assert.deepEqual(
    listAt(shown, "status", "conditions").map(
      (each) => `${textAt(each, "type")} ${textAt(each, "status")}`,
    ),
    ["NamesAccepted False", "Established False", "Mine "],
  );
  assert.deepEqual(fieldAt(shown, "status", "acceptedNames"), { plural: "", kind: "" });
});

test("another storage version is remembered beside the one before", () => {
  const turned = JSON.parse(
    JSON.stringify(definition).replaceAll(
      /"storage":(true|false)/gu,
      (_, was) => `"storage":${was === "false"}`,
    ),
  );
  assert.deepEqual(fieldAt(withStoredVersions(definition, turned), "status", "storedVersions"), [
    "v1",
    "v1beta1",
  ]);
  assert.equal(withStoredVersions(definition, definition), undefined);
});

test("who asks for a webhook is told that none is called", () => {
  const spec = { conversion: { strategy: "Webhook" } };
  assert.match(definitionWarnings({ ...definition, spec }).join(), /no webhook is called/u);
  assert.deepEqual(definitionWarnings(definition), []);
});
