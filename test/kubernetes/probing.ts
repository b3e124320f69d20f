/** What a container is asked while it runs, and what comes of the answers. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, textAt } from "./client.ts";
import { pod } from "./manifest.ts";
import {
  container,
  containerOf,
  started,
  staying,
  untilLog,
  untilPhase,
  untilPod,
  waits,
  withNode,
} from "./pod-run.ts";
import { conditionOf } from "./world.ts";

export function restarts(found: JsonObject): number {
  return Number(at(containerOf(found), "restartCount") ?? 0);
}

/** Each look at `/tmp/healthy` is written down, so that a test can wait for a number of them. */
const healthy = "echo look >>/tmp/looks; test -e /tmp/healthy";
const often = { periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 5 };

/** Says how many looks there were, while it waits. */
const countsLooks = `trap 'exit 0' TERM; while :; do echo "looks $(cat /tmp/looks 2>/dev/null | wc -l)"; sleep 0.3; done`;

/** Is restarted when its probe begins to fail. */
function restartedBy(script: string, probe: JsonObject): Behaviour {
  return async (world) => {
    const main = container(script, { livenessProbe: { ...often, ...probe } });
    await world.create("pods", pod("probed", staying(main)));
    await untilPod(world, "probed", "restarted", (found) => restarts(found) > 0);
  };
}

/** Has been looked at well five times, and was not restarted. */
function keptBy(script: string, probe: JsonObject): Behaviour {
  return async (world) => {
    // The first look may come before the program listens, and an answer late on a busy computer.
    const patient = { ...often, timeoutSeconds: 10, failureThreshold: 5 };
    const main = container(script, { livenessProbe: { ...patient, ...probe } });
    await started(world, "probed", staying(main));
    await untilLog(world, "probed", /looks (?:[5-9]|\d\d)/u);
    assert.equal(restarts(await world.get("pods", "probed")), 0);
  };
}

/** Serves gRPC: says of the server's health always the same, and counts how often it was asked. */
const healthServer = (serving: number): string => `
let looks = 0;
const server = require("node:http2").createServer();
server.on("stream", (stream, headers) => {
  if (headers[":path"] !== "/grpc.health.v1.Health/Check") return stream.close();
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.from([0, 0, 0, 0, 2, 8, ${serving}]));
  looks += 1;
  console.log("look " + looks);
});
server.listen(5000);
process.on("SIGTERM", () => process.exit());`;

/** Answers a GET while it is healthy, and counts those that came. */
const answersWhile = (condition: string): string =>
  `mkdir -p /tmp/www/cgi-bin; printf '#!/bin/sh\\necho look >>/tmp/looks\\n${condition} && printf "Status: 200\\\\r\\\\n\\\\r\\\\nok" || printf "Status: 500\\\\r\\\\n\\\\r\\\\nno"\\n' >/tmp/www/cgi-bin/healthz; chmod +x /tmp/www/cgi-bin/healthz; httpd -p 8080 -h /tmp/www; ${countsLooks}`;

const httpGet = { path: "/cgi-bin/healthz", port: 8080 };

export const probing: Behaviours = {
  "node Probing restarted exec": restartedBy(
    `touch /tmp/healthy; (sleep 2; rm /tmp/healthy) & ${waits}`,
    {
      exec: { command: ["/bin/sh", "-c", healthy] },
    },
  ),
  "node Probing not restarted exec": keptBy(`touch /tmp/healthy; ${countsLooks}`, {
    exec: { command: ["/bin/sh", "-c", healthy] },
  }),
  "node Probing restarted http": restartedBy(answersWhile("[ $(wc -l </tmp/looks) -lt 3 ]"), {
    httpGet,
  }),
  "node Probing not restarted /healthz http": keptBy(answersWhile("true"), { httpGet }),
  "node Probing not restarted tcp": keptBy(
    `nc -ll -p 8080 -e /bin/sh -c 'echo look >>/tmp/looks' & ${countsLooks}`,
    { tcpSocket: { port: 8080 }, initialDelaySeconds: 1, failureThreshold: 3 },
  ),

  "node Probing restarted GRPC": async (world) => {
    const probe = { ...often, grpc: { port: 5000 } };
    // Serves, but not what the probe asks for.
    await world.create("pods", pod("probed", withNode(healthServer(2), { livenessProbe: probe })));
    await untilPod(world, "probed", "restarted", (found) => restarts(found) > 0);
  },
  "node Probing not restarted GRPC": async (world) => {
    const probe = { ...often, timeoutSeconds: 10, failureThreshold: 5, grpc: { port: 5000 } };
    await started(world, "probed", withNode(healthServer(1), { livenessProbe: probe }));
    await untilLog(world, "probed", /look 5\n/u);
    assert.equal(restarts(await world.get("pods", "probed")), 0);
  },

  "node Probing monotonically increasing restart count": async (world) => {
    const livenessProbe = { ...often, exec: { command: ["/bin/false"] } };
    await world.create(
      "pods",
      pod(
        "probed",
        staying(container("exec sleep 100", { livenessProbe }), {
          terminationGracePeriodSeconds: 0,
        }),
      ),
    );
    const watch = await world.watch("pods", "?fieldSelector=metadata.name%3Dprobed");
    let last = 0;
    await untilPod(world, "probed", "restarted thrice", (found) => {
      assert(restarts(found) >= last);
      last = restarts(found);
      return last >= 3;
    });
    const counts = watch.events.map(({ object }) => restarts(object));
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
  },

  "node Probing readiness initial delay": async (world) => {
    const readinessProbe = {
      exec: { command: ["/bin/true"] },
      initialDelaySeconds: 3,
      periodSeconds: 1,
    };
    const found = await started(world, "probed", staying(container(waits, { readinessProbe })));
    const begun = Date.parse(textAt(containerOf(found), "state", "running", "startedAt"));
    const condition = listAt(found, "status", "conditions").find(
      (each) => each["type"] === "Ready",
    );
    // Both are told in whole seconds.
    const delayMs = Date.parse(textAt(condition, "lastTransitionTime")) - begun;
    assert(delayMs >= 2000, `ready ${delayMs} ms after its start`);
    assert.equal(restarts(found), 0);
  },

  "node Probing readiness fails never ready": async (world) => {
    const command = ["/bin/sh", "-c", "echo look >>/tmp/looks; exit 1"];
    const readinessProbe = { exec: { command }, periodSeconds: 1 };
    const watch = await world.watch("pods", "?fieldSelector=metadata.name%3Dprobed");
    await world.create("pods", pod("probed", staying(container(countsLooks, { readinessProbe }))));
    await untilPhase(world, "probed", "Running");
    await untilLog(world, "probed", /looks (?:[4-9]|\d\d)/u);
    const found = await world.get("pods", "probed");
    assert.equal(restarts(found), 0);
    assert(watch.events.every(({ object }) => conditionOf(object, "Ready") !== "True"));
  },
};
