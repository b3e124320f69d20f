import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccessQuestion, authorizerValue, requestResourceValue } from "./authorizer.ts";
import { compile } from "./program.ts";

test("what a request is about is a question that is whole but for the verb", () => {
  const ask = ({ name, verb }: AccessQuestion) => ({
    isAllowed: name === "web" && verb === "update",
    reason: "",
  });
  const variables = { authorizer: "Authorizer", "authorizer.requestResource": "ResourceCheck" };
  const compiled = compile("authorizer.requestResource.check('update').allowed()", { variables });
  assert(compiled.ok, JSON.stringify(compiled));
  const requestResource = requestResourceValue(ask, { resource: "pods", name: "web" });
  const values = {
    authorizer: authorizerValue(ask),
    "authorizer.requestResource": requestResource,
  };
  assert.deepEqual(compiled.program.evaluate(values, 1_000_000), { ok: true, value: true });
});

test("a rule asks whether its user may do something", () => {
  const asked: AccessQuestion[] = [];
  const authorizer = authorizerValue((question) => {
    asked.push(question);
    return { isAllowed: question.verb === "get", reason: "because" };
  });
  const source = [
    "authorizer.group('apps').resource('deployments')",
    ".namespace('a').name('b').check('get').allowed() &&",
    "!authorizer.serviceAccount('n', 's').path('/healthz').check('post').allowed()",
  ].join("");
  const compiled = compile(source, { variables: { authorizer: "Authorizer" } });
  assert(compiled.ok);
  const outcome = compiled.program.evaluate({ authorizer }, 1_000_000);
  assert.deepEqual(outcome, { ok: true, value: true });
  assert.deepEqual(asked, [
    { group: "apps", resource: "deployments", namespace: "a", name: "b", verb: "get" },
    { serviceAccount: "n/s", path: "/healthz", verb: "post" },
  ]);
});
