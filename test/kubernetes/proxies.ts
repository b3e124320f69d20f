/** Programs in pods, as the API's proxy shows them. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { objectOf } from "./manifest.ts";
import { started, withNode } from "./pod-run.ts";
import { said, type World } from "./world.ts";

/** Serves on some ports: what it was asked, or on the last of them a page with a link. */
const script = `
  const { createServer } = require("node:http");
  const answer = (port) => ({ method, url }, outgoing) => {
    outgoing.setHeader("Content-Type", port === 8083 ? "text/html" : "text/plain");
    outgoing.end(port === 8083 ? '<a href="/rewriteme">test</a>' : port + " " + method + " " + url);
  };
  for (const port of [8080, 8081, 8082, 8083]) createServer(answer(port)).listen(port);
`;

/** A pod and a Service before it, both called `web`; waits until a port of the Service answers. */
async function serving(world: World, ports: readonly JsonObject[], port = ""): Promise<void> {
  const spec = withNode(script);
  const [main = {}] = Array.isArray(spec["containers"]) ? spec["containers"] : [];
  const probe = {
    ports: [{ containerPort: 8080 }],
    readinessProbe: { tcpSocket: { port: 8083 }, periodSeconds: 1 },
  };
  await started(
    world,
    "web",
    { ...spec, containers: [{ ...Object(main), ...probe }] },
    { labels: { app: "web" } },
  );
  await world.create(
    "services",
    objectOf("services", "Service", "web", { spec: { selector: { app: "web" }, ports } }),
  );
  await world.until("an endpoint", async () => {
    const found = await world.client.send(`GET ${world.path("services", `web${port}`)}/proxy/`);
    return found.status === 200;
  });
}

/** What comes back; HEAD and what is moved have nothing. */
async function ask(world: World, method: string, path: string): Promise<string> {
  const body = method === "GET" || method === "HEAD" ? undefined : { some: "body" };
  const answer = await world.client.send(`${method} ${path}`, body);
  if (answer.status === 301) return `moved to ${answer.location}`;
  assert.equal(answer.status, 200, said(answer));
  return answer.text;
}

const changing = ["DELETE", "OPTIONS", "PATCH", "POST", "PUT"] as const;

export const proxies: Behaviours = {
  "net Proxy valid responses pod and service Proxy": async (world) => {
    await serving(world, [{ port: 80, targetPort: 8080 }]);
    for (const kind of ["pods", "services"] as const) {
      const path = `${world.path(kind, "web")}/proxy`;
      for (const method of ["GET", "HEAD"]) {
        const line = `${path}?method=${method}`;
        assert.equal(await ask(world, method, line), `moved to ${path}/?method=${method}`);
      }
      for (const method of changing) {
        const line = `${path}?method=${method}`;
        assert.equal(await ask(world, method, line), `8080 ${method} /?method=${method}`);
      }
    }
  },
  "net Proxy valid responses ProxyWithPath": async (world) => {
    await serving(world, [{ port: 80, targetPort: 8080 }]);
    for (const kind of ["pods", "services"] as const) {
      for (const method of [...changing, "GET", "HEAD"]) {
        const path = `/some/path/with/${method}`;
        const told = await ask(world, method, `${world.path(kind, "web")}/proxy${path}`);
        assert.equal(told, method === "HEAD" ? "" : `8080 ${method} ${path}`);
      }
    }
  },
  "net Proxy through a service and a pod": async (world) => {
    const ports = [
      { name: "portname1", port: 80, targetPort: 8081 },
      { name: "portname2", port: 81, targetPort: 8082 },
    ];
    await serving(world, ports, ":portname1");
    const cases = [
      ["services", "web:portname1", "8081"],
      ["services", "http:web:portname1", "8081"],
      ["services", "web:80", "8081"],
      ["services", "web:portname2", "8082"],
      ["services", "http:web:81", "8082"],
      ["pods", "web", "8080"],
      ["pods", "web:8081", "8081"],
      ["pods", "http:web:8082", "8082"],
    ] as const;
    for (const [kind, name, port] of cases) {
      const path = `${world.path(kind, name)}/proxy/`;
      assert.equal(await ask(world, "GET", path), `${port} GET /`, path);
    }
    const page = `${world.path("pods", "web:8083")}/proxy`;
    assert.equal(await ask(world, "GET", `${page}/`), `<a href="${page}/rewriteme">test</a>`);
    const nobody = await world.client.send(`GET ${world.path("pods", "web:9")}/proxy/`);
    assert.equal(nobody.status, 503, said(nobody));
  },
};
