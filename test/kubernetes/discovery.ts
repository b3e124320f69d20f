/** What clients ask before anything else: what there is, and in which form. */
import assert from "node:assert/strict";
import { isJsonObject, type JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, textAt } from "./client.ts";
import type { World } from "./world.ts";

const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

/** What the aggregated documents list, as `group/version/resource`. */
async function aggregatedNames(world: World): Promise<readonly string[]> {
  const names: string[] = [];
  for (const root of ["/api", "/apis"]) {
    const answer = await world.client.send(`GET ${root}`, undefined, { accept: aggregated("v2") });
    assert.equal(answer.status, 200);
    assert.equal(answer.body["kind"], "APIGroupDiscoveryList");
    names.push(...listAt(answer.body, "items").flatMap(namesIn));
  }
  return names;
}

function namesIn(group: JsonObject): readonly string[] {
  const name = textAt(group, "metadata", "name");
  return listAt(group, "versions").flatMap((version) =>
    listAt(version, "resources").map((row) =>
      [name, textAt(version, "version"), textAt(row, "resource")].join("/"),
    ),
  );
}

async function groupsOf(
  world: World,
): Promise<readonly { name: string; versions: readonly string[] }[]> {
  const groups = listAt(await world.ok("GET /apis"), "groups");
  // Those of other tests come and go.
  const lasting = groups.filter((group) => !textAt(group, "name").endsWith(".example.com"));
  return lasting.map((group) => ({
    name: textAt(group, "name"),
    versions: listAt(group, "versions").map((each) => textAt(each, "groupVersion")),
  }));
}

/** Versions that Kubernetes has retired: they stand in the form that is as old as they are. */
const retired: ReadonlySet<string> = new Set([
  "autoscaling/v2beta2",
  "batch/v1beta1",
  "policy/v1beta1",
]);

export const discovery: Behaviours = {
  "am AggregatedDiscovery interface": async (world) => {
    const names = new Set(await aggregatedNames(world));
    const wanted = [
      ["v1", "configmaps"],
      ["apps/v1", "deployments"],
      ["batch/v1", "jobs"],
      ["apiextensions.k8s.io/v1", "customresourcedefinitions"],
      ["admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"],
    ] as const;
    for (const [version, resource] of wanted) {
      const name = version === "v1" ? `/v1/${resource}` : `${version}/${resource}`;
      assert(names.has(name), name);
    }
    // Both forms of discovery tell of the same, but for what only old clients ask for.
    const versions = (await groupsOf(world)).flatMap((group) => group.versions);
    for (const version of versions.filter((each) => !retired.has(each))) {
      const list = listAt(await world.ok(`GET /apis/${version}`), "resources");
      const plain = list.map((row) => textAt(row, "name")).filter((name) => !name.includes("/"));
      for (const name of plain) assert(names.has(`${version}/${name}`), `${version}/${name}`);
    }
  },

  "am AggregatedDiscovery raw endpoint Accept headers": async (world) => {
    const cases = [
      [aggregated("v2"), "APIGroupDiscoveryList", "apidiscovery.k8s.io/v2"],
      [aggregated("v2beta1"), "APIGroupDiscoveryList", "apidiscovery.k8s.io/v2beta1"],
      [
        `${aggregated("v2")},${aggregated("v2beta1")},application/json`,
        "APIGroupDiscoveryList",
        "apidiscovery.k8s.io/v2",
      ],
      [`${aggregated("v9")},application/json`, "APIGroupList", "v1"],
      ["application/json", "APIGroupList", "v1"],
      ["*/*", "APIGroupList", "v1"],
    ] as const;
    for (const [accept, kind, apiVersion] of cases) {
      const answer = await world.client.send("GET /apis", undefined, { accept });
      assert.equal(answer.status, 200, accept);
      assert.deepEqual(
        [answer.body["kind"], answer.body["apiVersion"]],
        [kind, apiVersion],
        accept,
      );
    }
  },

  "am Discovery PreferredVersion for each APIGroup": async (world) => {
    for (const { name } of await groupsOf(world)) {
      const group = await world.ok(`GET /apis/${name}`);
      const preferred = textAt(group, "preferredVersion", "groupVersion");
      assert(
        listAt(group, "versions").some((each) => each["groupVersion"] === preferred),
        `${name} prefers ${preferred}`,
      );
      assert.equal(textAt(group, "name"), name);
    }
  },

  "am Discovery locate the groupVersion and a resource": async (world) => {
    for (const { versions } of await groupsOf(world)) {
      for (const version of versions) {
        const list = await world.ok(`GET /apis/${version}`);
        assert.equal(textAt(list, "groupVersion"), version);
        const resources = listAt(list, "resources");
        assert.notEqual(resources.length, 0, version);
        for (const resource of resources) {
          assert.notEqual(textAt(resource, "kind"), "");
          assert(Array.isArray(resource["verbs"]) && resource["verbs"].length > 0);
        }
      }
    }
    const roots = await world.ok("GET /api");
    assert.deepEqual(at(roots, "versions"), ["v1"]);
  },

  "am server version": async (world) => {
    const version = await world.ok("GET /version");
    assert.match(textAt(version, "major"), /^\d+$/u);
    assert.match(textAt(version, "minor"), /^\d+\+?$/u);
    assert.match(textAt(version, "gitVersion"), /^v\d+\.\d+\.\d+/u);
  },

  "am Table transformation 406 for a backend which does not implement metadata": async (world) => {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { namespace: "default", verb: "list", resource: "pods" } },
    };
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const line = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const answer = await world.client.send(line, review, { accept });
    assert.equal(answer.status, 406, answer.text);
    assert(isJsonObject(answer.body));
    assert.equal(answer.body["reason"], "NotAcceptable");
  },
};
