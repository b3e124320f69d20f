import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ResourceBook } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import { requestInfoOf } from "./request-info.ts";

function read(line: string): string {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", query = ""] = target.split("?");
  const [key = "", value = ""] = query.split("=");
  const request: ApiRequest = {
    method,
    path: path.split("/").slice(1),
    query: new Map(query === "" ? [] : [[key, [value]]]),
    accept: "",
    contentType: "",
    body: undefined,
    user: { name: "ann", groups: [] },
  };
  const info = requestInfoOf(request, new ResourceBook());
  if (typeof info === "string") return info;
  const { verb, resource, namespace, name, subresource } = info;
  return [verb, resource.name, namespace, name, subresource].join(":");
}

describe("requestInfoOf", () => {
  for (const [line, expected] of [
    ["GET /api/v1/pods", "list:pods:::"],
    ["GET /api/v1/pods?watch=true", "watch:pods:::"],
    ["GET /api/v1/namespaces", "list:namespaces:::"],
    ["GET /api/v1/namespaces/a", "get:namespaces::a:"],
    ["PUT /api/v1/namespaces/a/finalize", "update:namespaces::a:finalize"],
    ["GET /api/v1/namespaces/a/pods", "list:pods:a::"],
    ["GET /api/v1/namespaces/a/pods/p", "get:pods:a:p:"],
    ["GET /api/v1/namespaces/a/pods/p/log", "get:pods:a:p:log"],
    ["POST /apis/apps/v1/namespaces/a/deployments", "create:deployments:a::"],
    ["DELETE /apis/apps/v1/namespaces/a/deployments", "deletecollection:deployments:a::"],
    ["POST /apis/authentication.k8s.io/v1/selfsubjectreviews", "create:selfsubjectreviews:::"],
    ["POST /api/v1/pods", "no-method"],
    ["PUT /api/v1/namespaces/a/pods", "no-method"],
    ["BREW /api/v1/namespaces/a/pods", "no-method"],
    ["GET /api/v2/pods", "no-path"],
    ["GET /api/v1/pods/p", "no-path"],
    ["GET /api/v1/namespaces/a/nodes", "no-path"],
    ["GET /api/v1/namespaces/a/pods/p/x/y", "no-path"],
    ["GET /apis/apps/v1/pods", "no-path"],
    ["GET /metrics", "no-path"],
  ] as const) {
    test(`reads ${line} as ${expected}`, () => {
      assert.equal(read(line), expected);
    });
  }
});
