/**
 * Every way in which a request fails, in one table: the code, the reason that clients match on, and
 * the field that is wrong. 401 and the size of a body are the gateway's to find.
 *
 * Source: k8s.io/apimachinery, pkg/apis/meta/v1, StatusReason.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import { textAt } from "./field.ts";
import { TestClient, type TestRequest } from "./test-client.ts";
import { configMapManifest, deploymentManifest, paths, podManifest } from "./test-object.ts";

interface Failure {
  readonly what: string;
  readonly line: string;
  readonly body?: Json;
  readonly request?: TestRequest;
  readonly code: number;
  readonly reason: string;
  /** Of the first cause. */
  readonly field?: string;
}

const { configMaps, deployments, namespaces, pods } = paths;
const stranger = { user: { name: "eve", groups: ["system:authenticated"] } };
const stale = { ...configMapManifest("there"), metadata: { name: "there", resourceVersion: "1" } };
const foreign = { ...configMapManifest("there"), metadata: { name: "there", uid: "another" } };

const failures: readonly Failure[] = [
  {
    what: "a body of another kind",
    line: `POST ${pods}`,
    body: configMapManifest("a"),
    code: 400,
    reason: "BadRequest",
  },
  {
    what: "a body that is no object",
    line: `POST ${pods}`,
    body: [],
    code: 400,
    reason: "BadRequest",
  },
  {
    what: "a selector that cannot be read",
    line: `GET ${pods}?labelSelector=a%20in`,
    code: 400,
    reason: "BadRequest",
  },
  {
    what: "a user whom no role allows",
    line: `GET ${pods}`,
    request: stranger,
    code: 403,
    reason: "Forbidden",
  },
  {
    what: "the end of a namespace of the system",
    line: `DELETE ${namespaces}/default`,
    code: 403,
    reason: "Forbidden",
  },
  { what: "a name that is not there", line: `GET ${pods}/a`, code: 404, reason: "NotFound" },
  { what: "a path of nothing", line: "GET /apis/none/v1/things", code: 404, reason: "NotFound" },
  {
    what: "a collection that is put",
    line: `PUT ${configMaps}`,
    body: configMapManifest("there"),
    code: 405,
    reason: "MethodNotAllowed",
  },
  {
    what: "an answer in a format that nobody writes",
    line: `GET ${pods}`,
    request: { accept: "text/csv" },
    code: 406,
    reason: "NotAcceptable",
  },
  {
    what: "a table of what has no rows",
    line: "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: { kind: "SelfSubjectAccessReview", spec: {} },
    request: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    code: 406,
    reason: "NotAcceptable",
  },
  {
    what: "a name that is taken",
    line: `POST ${configMaps}`,
    body: configMapManifest("there"),
    code: 409,
    reason: "AlreadyExists",
  },
  {
    what: "a version that is not the newest",
    line: `PUT ${configMaps}/there`,
    body: stale,
    code: 409,
    reason: "Conflict",
  },
  {
    what: "the end of another object of this name",
    line: `DELETE ${configMaps}/there`,
    body: { kind: "DeleteOptions", preconditions: { uid: "another" } },
    code: 409,
    reason: "Conflict",
  },
  {
    what: "an object of another uid",
    line: `PUT ${configMaps}/there`,
    body: foreign,
    code: 409,
    reason: "Conflict",
  },
  {
    what: "a patch in a format that nobody reads",
    line: `PATCH ${configMaps}/there`,
    body: {},
    request: { contentType: "text/csv" },
    code: 415,
    reason: "UnsupportedMediaType",
  },
  {
    what: "a number of replicas below none",
    line: `POST ${deployments}`,
    body: deploymentManifest("a", -1),
    code: 422,
    reason: "Invalid",
    field: "spec.replicas",
  },
  {
    what: "a pod without containers",
    line: `POST ${pods}`,
    body: podManifest("a", { containers: [] }),
    code: 422,
    reason: "Invalid",
    field: "spec.containers",
  },
  {
    what: "a name that is no name",
    line: `POST ${configMaps}`,
    body: configMapManifest("A_B"),
    code: 422,
    reason: "Invalid",
    field: "metadata.name",
  },
];

describe("a request fails for", () => {
  for (const { what, line, body, request, code, reason, field } of failures) {
    test(`${what}: ${code} ${reason}`, () => {
      const client = new TestClient();
      client.send(`POST ${configMaps}`, configMapManifest("there"));
      const revision = client.store.revision;
      const answer = client.send(line, body, request);
      assert.equal(answer.status, code, JSON.stringify(answer.body));
      assert.deepEqual(
        ["kind", "apiVersion", "status", "reason"].map((name) => textAt(answer.body, name)),
        ["Status", "v1", "Failure", reason],
      );
      assert.notEqual(textAt(answer.body, "message"), "");
      const cause = textAt(answer.body, "details", "causes", 0, "field");
      if (field !== undefined) assert.equal(cause, field);
      assert.equal(client.store.revision, revision, "what fails writes nothing");
    });
  }
});
