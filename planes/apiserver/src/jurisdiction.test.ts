import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ResourceBook } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { jurisdictionOf } from "./jurisdiction.ts";

function requestOf(line: string, body?: Json): ApiRequest {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", query = ""] = target.split("?");
  const pairs = query.split("&").filter((pair) => pair !== "");
  return {
    method,
    path: path.split("/").slice(1),
    query: new Map(pairs.map((pair) => [pair.split("=")[0] ?? "", [pair.split("=")[1] ?? ""]])),
    accept: "",
    contentType: "",
    body,
    user: { name: "ann", groups: [] },
  };
}

/** Whose decider decides, and which object it is about; empty for nobody's. */
function decided(line: string, body?: Json, quotas: readonly string[] = []): string {
  const book = new ResourceBook();
  const found = jurisdictionOf(requestOf(line, body), book, (namespace) =>
    quotas.includes(namespace),
  );
  if (found === undefined) return "";
  return `${found.collection} ${found.name}${found.isCounted ? " of many" : ""}`;
}

const core = "/api/v1/namespaces/shop";
const named = { metadata: { name: "a" } };

describe("jurisdictionOf", () => {
  for (const [line, expected, body] of [
    [`POST ${core}/configmaps`, "configmaps/shop a", named],
    [`POST ${core}/configmaps`, "configmaps/shop ", { metadata: { generateName: "a-" } }],
    [`PUT ${core}/configmaps/a`, "configmaps/shop a", named],
    [`PATCH ${core}/pods/a/status`, "pods/shop a", {}],
    [`DELETE ${core}/configmaps/a`, "configmaps/shop a"],
    [`DELETE ${core}/configmaps`, "configmaps/shop "],
    ["PATCH /apis/apps/v1/namespaces/shop/deployments/a/scale", "deployments.apps/shop a", {}],
    ["PUT /api/v1/namespaces/shop/finalize", "namespaces/- shop", {}],
    ["POST /api/v1/namespaces", "namespaces/- a", named],
    [`POST ${core}/pods/a/eviction`, "pods/shop a of many", {}],
    [`POST ${core}/pods/a/binding`, "pods/shop a", {}],
    [`POST ${core}/bindings`, "pods/shop a", named],
    [
      "PUT /apis/autoscaling/v1/namespaces/shop/horizontalpodautoscalers/a",
      "horizontalpodautoscalers.autoscaling/shop a",
      {},
    ],
    ["POST /apis/events.k8s.io/v1/namespaces/shop/events", "events/shop a", named],
  ] as const) {
    test(`${line} is decided for ${expected}`, () => {
      assert.equal(decided(line, body), expected);
    });
  }

  for (const [line, body] of [
    [`GET ${core}/configmaps/a`],
    [`GET ${core}/configmaps?watch=true`],
    [`POST ${core}/configmaps?dryRun=All`, named],
    [`DELETE ${core}/configmaps/a`, { kind: "DeleteOptions", dryRun: ["All"] }],
    [`POST ${core}/pods/a/eviction`, { deleteOptions: { dryRun: ["All"] } }],
    [`POST ${core}/pods/a/exec?command=ls`],
    [`POST ${core}/pods/a/portforward`],
    [`POST ${core}/serviceaccounts/a/token`, {}],
    ["POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {}],
    ["POST /api/v1/componentstatuses", named],
    ["POST /api/v1/nothing", named],
    ["TRACE /api/v1/nodes/a"],
  ] as const) {
    test(`${line} is answered by whoever is asked`, () => {
      assert.equal(decided(line, body), "");
    });
  }

  test("all of a namespace with a quota is decided where its quotas are", () => {
    const quotas = ["shop"];
    assert.equal(decided(`POST ${core}/pods`, named, quotas), "resourcequotas/shop a of many");
    assert.equal(
      decided(`DELETE ${core}/secrets/a`, undefined, quotas),
      "resourcequotas/shop a of many",
    );
    const other = "/api/v1/namespaces/other/pods";
    assert.equal(decided(`POST ${other}`, named, quotas), "pods/other a");
    assert.equal(decided("DELETE /api/v1/namespaces/shop", undefined, quotas), "namespaces/- shop");
  });
});
