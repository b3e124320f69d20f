/** More connections than there may be, from the programs of one pod, and very many short ones. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { carriersEachMax, connectionsWithin } from "./limits.ts";
import {
  crowdProgram,
  crowdsAt,
  descriptorsOf,
  echoProgram,
  metricOf,
  residentMegabytes,
  shortProgram,
  wordProgram,
} from "./testing/programs.ts";
import { type RealPod, RealStage } from "./testing/real-stage.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

/** Connections that one pod's programs try to hold; `BEEMESH_CROWD=100000` for the full size. */
const crowdSize = Number(process.env["BEEMESH_CROWD"] ?? 10_000);
/** Of one program: computers let it open some 20,000 descriptors. */
const crowdEach = 10_000;
/** Connections one after the other. */
const shortSize = 10_000;
/** What a sidecar may come to hold by what is tried here, in megabytes: it starts with 90. */
const residentMax = 350;
const port = 7;
/** A Service that is said to speak HTTP: who says nothing is waited for, without a carrier. */
const httpAddress = "10.96.8.1";
/** Each is the same pod; a program has some 28,000 ports to connect to each from. */
const addresses = Array.from({ length: 6 }, (_, index) => `10.96.7.${index + 1}`);
/** Of both families, which share what room there is. */
const targets = [...addresses.slice(1), "fd00:96::7", httpAddress].map((ip) => [ip, port] as const);

describe("a pod whose programs", { skip }, () => {
  const stage = new RealStage();
  let web: RealPod;
  let db: RealPod;
  let neighbour: RealPod;

  before(async () => {
    [web, db] = [await stage.pod("web"), await stage.pod("db")];
    neighbour = await stage.pod("neighbour");
    const server = stage.start(db, echoProgram(port));
    assert(server.stdout);
    await once(server.stdout, "data");
    for (const pod of [web, neighbour]) {
      for (const ip of [...addresses, "fd00:96::7"])
        stage.route(pod, db, { protocol: "tcp", ip, port });
    }
    const { uid, machine, namespace, serviceAccount } = db.facts;
    const key = `tcp ${httpAddress} ${port}`;
    web.machine.rules.routes.set(key, {
      kind: "service",
      key,
      namespace,
      name: "db",
      port,
      appProtocol: "http",
      endpoints: [{ uid, machine, namespace, serviceAccount, ip: db.ip, port }],
    });
  });
  after(() => stage.close());

  const ask = (pod: RealPod): Promise<string> => stage.run(pod, wordProgram("10.96.7.1", port));

  test("make ten thousand connections one after the other leaves nothing behind", async () => {
    const sidecars = [web.sidecar.pid, db.sidecar.pid];
    await stage.run(web, shortProgram(1000, "10.96.7.1", port));
    const earlier = sidecars.map((pid) => [descriptorsOf(pid), residentMegabytes(pid)] as const);
    assert.equal(await stage.run(web, shortProgram(shortSize, "10.96.7.1", port)), "done");
    for (const [index, pid] of sidecars.entries()) {
      const [descriptors, megabytes] = earlier[index] ?? [0, 0];
      const grown = [descriptorsOf(pid) - descriptors, residentMegabytes(pid) - megabytes] as const;
      assert(grown[0] <= 8, `${grown[0]} descriptors more`);
      assert(grown[1] <= 40, `${grown[1]} MB more`);
    }
    const [out, into] = [await web.machine.metrics(), await db.machine.metrics()];
    assert(metricOf(out, 'beemesh_workload_carriers{direction="out"}') <= 8);
    assert(metricOf(into, 'beemesh_workload_carriers{direction="in"}') <= 8);
    assert.equal(sumOf(out, "connections"), shortSize + 1000, "each is counted");
  });

  test(`hold ${crowdSize} idle connections has what it may, and harms nobody else`, async (t) => {
    const earlier = await web.machine.metrics();
    const programs = Array.from({ length: Math.ceil(crowdSize / crowdEach) }, () =>
      stage.start(web, crowdProgram(Math.min(crowdSize, crowdEach), targets)),
    );
    const room = connectionsWithin(20_000);
    const settled = crowdsAt(programs, crowdSize - room);
    assert.equal(await ask(neighbour), "word", "while they come");
    const { held, gone } = await settled;
    assert(held <= room, `${held} are held`);
    assert.equal(await ask(neighbour), "word", "while they stay");
    const page = await web.machine.metrics();
    const refused = sumOf(page, "refusals") - sumOf(earlier, "refusals");
    const carried = accepted(page) - accepted(earlier);
    t.diagnostic(`${held} held, ${carried} of them carried, ${gone} gone, ${refused} refused`);
    assert(refused + connections(page, "lost") >= gone, "each that is gone is counted");
    assert(carried <= carriersEachMax, `${carried} are carried`);
    for (const { sidecar } of [web, db]) {
      const megabytes = residentMegabytes(sidecar.pid);
      t.diagnostic(`${Math.round(megabytes)} MB`);
      assert(megabytes < residentMax, `${megabytes} MB`);
    }
    for (const program of programs) program.kill("SIGKILL");
    let answer = "";
    // The kernel ends them one by one; each answer takes a program's start.
    for (let tries = 0; answer !== "word" && tries < 50; tries += 1) answer = await ask(web);
    assert.equal(answer, "word", "there is room again");
  });
});

function accepted(page: string): number {
  return connections(page, "accepted");
}

function connections(page: string, result: string): number {
  return metricOf(page, `beemesh_workload_connections_total{direction="out",result="${result}"}`);
}

/** All of a kind that went out, however each ended. */
function sumOf(page: string, kind: "connections" | "refusals"): number {
  const start = `beemesh_workload_${kind}_total{direction="out"`;
  const lines = page.split("\n").filter((line) => line.startsWith(start));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
