import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { grant, testBinding, testRole, testRule } from "./access/test-role.ts";
import { listAt, textAt } from "./field.ts";
import { type TestAnswer, TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

const services = paths.pods.replace("pods", "services");

function shop(): TestClient {
  const client = new TestClient();
  const ports = [{ containerPort: 8080 }];
  const containers = [
    { name: "a", image: "x" },
    { name: "b", image: "x", ports },
  ];
  client.send(`POST ${paths.pods}`, podManifest("web", { nodeName: "ann", containers }));
  client.send(`POST ${paths.pods}`, podManifest("bare", { nodeName: "ann" }));
  client.send(`POST ${paths.pods}`, podManifest("new", {}));
  client.send(`POST ${services}`, {
    metadata: { name: "web" },
    spec: { ports: [{ name: "http", port: 80 }] },
  });
  return client;
}

function targetOf({ reply, status, body }: TestAnswer): string {
  if (reply.kind !== "proxy") return `${status} ${textAt(body, "message")}`;
  const { scheme, to } = reply.target;
  const place = to.kind === "pod" ? `pod on ${to.machine}` : `service ${to.namespace}/${to.name}`;
  return `${scheme} ${place}:${to.port}`;
}

describe("the proxy of pods and Services", () => {
  for (const [line, expected] of [
    ["GET pods/web/proxy", "http pod on ann:8080"],
    ["GET pods/web/proxy/pods/a/b?watch=true", "http pod on ann:8080"],
    ["HEAD pods/bare/proxy/", "http pod on ann:80"],
    ["PUT pods/https:bare:/proxy/", "https pod on ann:443"],
    ["DELETE pods/web:99/proxy/x", "http pod on ann:99"],
    ["OPTIONS pods/https:web:99/proxy/x", "https pod on ann:99"],
    ["PATCH services/web/proxy/x", "http service default/web:"],
    ["POST services/https:web:http/proxy/", "https service default/web:http"],
    ["GET services/web:80/proxy/", "http service default/web:80"],
    ["GET services/web:81/proxy/", '503 no service port 81 found for service "web"'],
    ["GET services/none/proxy/", '404 services "none" not found'],
    ["GET pods/none:1/proxy/", '404 pods "none" not found'],
    ["GET pods/ftp:web:1/proxy/", '400 invalid pod request "ftp:web:1"'],
    ["GET services/:web/proxy/", '400 invalid service request ":web"'],
    ["GET pods/a:b:c:d/proxy/", '400 invalid pod request "a:b:c:d"'],
    ["GET pods/web:http/proxy/", '400 invalid pod request "web:http"'],
    ["GET pods/web:70000/proxy/", '400 invalid pod request "web:70000"'],
    ["GET pods/new/proxy/", "400 pod new does not have a host assigned"],
    [
      "TRACE pods/web/proxy/",
      "405 the server does not allow this method on the requested resource",
    ],
  ] as const) {
    test(`answer ${line} with ${expected}`, () => {
      const [method, path] = line.split(" ");
      const home = paths.pods.slice(0, -"pods".length);
      assert.equal(targetOf(shop().send(`${method} ${home}${path}`)), expected);
    });
  }

  test("is for whom roles let do what the method does, with the name as it is written", () => {
    const client = shop();
    const rule = { ...testRule("get", "pods/proxy,pods"), resourceNames: ["web:80", "web"] };
    grant(
      client,
      "",
      testRole("sees", [rule]),
      testBinding("ann", "ClusterRole/sees", ["User ann"]),
    );
    const user = { name: "ann", groups: [] };
    const status = (line: string): number => {
      const [method, name] = line.split(" ");
      return client.send(`${method} ${paths.pods}/${name}/proxy/`, undefined, { user }).status;
    };
    assert.deepEqual([status("GET web"), status("HEAD web:80")], [101, 101]);
    for (const line of ["POST web", "OPTIONS web", "GET web:81", "GET bare"]) {
      assert.equal(status(line), 403, line);
    }
  });

  test("is told by discovery", () => {
    const names = listAt(shop().send("GET /api/v1").body, "resources").map((each) =>
      textAt(each, "name"),
    );
    assert(names.includes("pods/proxy") && names.includes("services/proxy"));
  });
});
