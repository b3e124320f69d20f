import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import type { User } from "@beemesh/ports";
import { fieldAt, listAt, textAt } from "../field.ts";
import { MemoryStore } from "../memory-store.ts";
import { TestClient } from "../test-client.ts";
import { paths } from "../test-object.ts";
import { rbacGroup } from "./default-roles.ts";
import { RoleBook } from "./role-book.ts";
import type { Attributes } from "./rule.ts";
import { grant, rbacPath, testBinding, testRole, testRule } from "./test-role.ts";

const bob: User = { name: "bob", groups: ["system:authenticated"] };
const asBob = { user: bob };
const pods = `GET ${paths.pods}`;

describe("roles and bindings", () => {
  test("allow in their namespace what they name, and take it back", () => {
    const client = new TestClient();
    grant(
      client,
      "default",
      testRole("reader", [testRule("get,list", "pods")], "default"),
      testBinding("bob-reads", "Role/reader", ["User bob"], "default"),
    );
    assert.equal(client.send(pods, undefined, asBob).status, 200);
    assert.equal(client.send("GET /api/v1/pods", undefined, asBob).status, 403);
    assert.equal(client.send("GET /api/v1/namespaces/other/pods", undefined, asBob).status, 403);
    assert.equal(client.send(`DELETE ${paths.pods}`, undefined, asBob).status, 403);
    client.send(`DELETE ${rbacPath}/namespaces/default/rolebindings/bob-reads`);
    assert.equal(client.send(pods, undefined, asBob).status, 403);
  });

  test("of the whole cluster hold in every namespace, and for what has none", () => {
    const client = new TestClient();
    grant(client, "", testBinding("all", "ClusterRole/view", ["Group readers"]));
    const cid = { user: { name: "cid", groups: ["readers", "system:authenticated"] } };
    assert.equal(client.send("GET /api/v1/pods", undefined, cid).status, 200);
    assert.equal(client.send("GET /api/v1/nodes", undefined, cid).status, 403);
    assert.equal(client.send("GET /api/v1/secrets", undefined, cid).status, 403);
  });

  test("hold for the user that a ServiceAccount is", () => {
    const client = new TestClient();
    grant(
      client,
      "default",
      testBinding("ci", "ClusterRole/edit", ["ServiceAccount kube-system/ci"], "default"),
    );
    const user = { name: "system:serviceaccount:kube-system:ci", groups: [] };
    assert.equal(client.send(pods, undefined, { user }).status, 200);
  });

  test("of which the role is missing say so", () => {
    const client = new TestClient();
    grant(client, "", testBinding("none", "ClusterRole/none", ["User bob"]));
    const { status, body } = client.send(pods, undefined, asBob);
    assert.equal(status, 403);
    const why = `: RBAC: clusterrole.${rbacGroup} "none" not found`;
    assert(textAt(body, "message").endsWith(why), textAt(body, "message"));
  });

  test("gather the rules of roles with a label, and those that come later", () => {
    const client = new TestClient();
    grant(client, "", testBinding("bob-views", "ClusterRole/view", ["User bob"]));
    const nodes = (): number => client.send("GET /api/v1/nodes", undefined, asBob).status;
    assert.equal(nodes(), 403);
    const more = testRole("view-nodes", [testRule("list", "nodes")]);
    const labels = { [`${rbacGroup}/aggregate-to-view`]: "true" };
    grant(client, "", { ...more, metadata: { name: "view-nodes", labels } });
    assert.equal(nodes(), 200);
    const shown = client.send(`GET ${rbacPath}/clusterroles/view`).body;
    const resources = listAt(shown, "rules").flatMap((rule) => listAt(rule, "resources"));
    assert(resources.includes("nodes") && resources.includes("pods"));
  });
});

describe("a machine that does not hold all", () => {
  test("refuses, and says why; masters go on", () => {
    const known = new Set(["clusterroles", "clusterrolebindings"]);
    const client = new TestClient({ knows: ({ name }) => known.has(name) });
    grant(client, "default", testBinding("bob", "ClusterRole/view", ["User bob"], "default"));
    const refused = client.send(pods, undefined, asBob);
    assert.match(
      textAt(refused.body, "message"),
      /namespace "default" are not all on this machine/u,
    );
    assert.equal(client.send(pods).status, 200);
    known.add("roles").add("rolebindings");
    assert.equal(client.send(pods, undefined, asBob).status, 200);
    known.delete("clusterroles");
    assert.equal(client.send(pods, undefined, asBob).status, 403);
    assert.equal(client.send("GET /api", undefined, asBob).status, 403);
    assert.equal(client.send("GET /healthz", undefined, asBob).status, 200);
  });
});

describe("the cost of a decision", () => {
  test("does not grow with the bindings of others: 10,000 of them", () => {
    const store = new MemoryStore();
    const bindings = findResource(rbacGroup, "rolebindings");
    const roles = findResource(rbacGroup, "clusterroles");
    assert(bindings && roles);
    const put = (object: ReturnType<typeof testRole>, resource = bindings): void => {
      const { metadata, ...rest } = object;
      const name = textAt(metadata, "name");
      const namespace = textAt(metadata, "namespace");
      const place = namespace === "" ? {} : { namespace };
      store.putSpec(resource, {
        ...rest,
        apiVersion: "",
        kind: textAt(object, "kind"),
        metadata: { name, uid: name, ...place },
      });
    };
    put(testRole("view", [testRule("get", "pods")]), roles);
    const book = new RoleBook({ store, knows: () => true });
    for (let index = 0; index < 10_000; index += 1) {
      put(testBinding(`b${index}`, "ClusterRole/view", [`User u${index}`], "default"));
    }
    const wish: Attributes = {
      verb: "get",
      group: "",
      resource: "pods",
      subresource: "",
      namespace: "default",
      name: "",
      path: "",
    };
    const before = book.steps;
    assert(book.decide({ name: "u7777", groups: [] }, wish).allowed);
    assert.equal(book.steps - before, 2, "one binding and one rule");
    assert(!book.decide({ name: "nobody", groups: ["a", "b"] }, wish).allowed);
    assert.equal(book.steps - before, 2, "a user without bindings costs nothing");
  });
});

test("default roles that somebody changed are made whole again", () => {
  const client = new TestClient();
  const path = `${rbacPath}/clusterrolebindings/system:discovery`;
  const patch = { subjects: [{ kind: "User", name: "bob", apiGroup: rbacGroup }] };
  const request = { contentType: "application/merge-patch+json" };
  const { status, body } = client.send(`PATCH ${path}`, patch, request);
  assert.equal(status, 200, JSON.stringify(body));
  const shown = listAt(client.send(`GET ${path}`).body, "subjects").map((each) =>
    fieldAt(each, "name"),
  );
  assert.deepEqual(shown, ["bob", "system:authenticated"]);
  const annotations = { [`${rbacGroup}/autoupdate`]: "false" };
  client.send(`PATCH ${path}`, { ...patch, metadata: { annotations } }, request);
  assert.equal(listAt(client.send(`GET ${path}`).body, "subjects").length, 1);
  assert.equal(client.send("GET /apis", undefined, { user: { ...bob, name: "eve" } }).status, 403);
});
