/** Programs that ask for more names than anybody needs, and what others have of it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { hearkenTo, metricOf, residentMegabytes } from "./testing/programs.ts";
import { type RealPod, RealStage } from "./testing/real-stage.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

const known = "echo.shop.svc.cluster.local";
/** Questions of a flood, all of different names. */
const questions = 40_000;
/** The machine is asked so often by one pod: 500 at once and 500 a second. */
const asksMax = 500;
/** What a flood may add to a sidecar's memory, in megabytes. */
const grownMax = 60;

/** Prints the address of a name, or why there is none. */
const lookUp = `
  const { Resolver } = require("node:dns").promises;
  const resolver = new Resolver({ timeout: 500, maxTimeout: 1000, tries: 30 });
  resolver.setServers(["10.96.0.10"]);
  resolver.resolve4("${known}").then(([first]) => console.log(first), (e) => console.log(e.code));`;

const makeQuestion = `
  const question = (index) => {
    const label = "n" + index + "-" + Math.random().toString(36).slice(2);
    return Buffer.concat([
      Buffer.from([index >> 8 & 255, index & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, label.length]),
      Buffer.from(label),
      Buffer.from([4, 115, 104, 111, 112, 0, 0, 1, 0, 1]),
    ]);
  };`;

/** Sends its questions as fast as the kernel takes them. */
const udpFlood = `${makeQuestion}
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("error", () => {});
  let sent = 0;
  const next = () => {
    if (sent >= ${questions}) return socket.close();
    let left = 200;
    for (let index = 0; index < 200; index += 1) {
      sent += 1;
      socket.send(question(sent), 53, "10.96.0.10", () => { if ((left -= 1) === 0) next(); });
    }
  };
  next();`;

/** Many connections, each with many questions at once, of which nobody reads an answer. */
const tcpFlood = `${makeQuestion}
  const framed = (index) => {
    const bytes = question(index);
    return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
  };
  let open = 0;
  for (let connection = 0; connection < 300; connection += 1) {
    const socket = require("node:net").connect(53, "10.96.0.10");
    open += 1;
    // Who reads nothing hears of its end only when it writes.
    const more = setInterval(() => socket.write(framed(0)), 100);
    socket.on("error", () => {}).on("close", () => {
      clearInterval(more);
      if ((open -= 1) === 64) process.stdout.write("cut");
    });
    for (let index = 0; index < 200; index += 1) socket.write(framed(index));
    socket.pause();
  }
  process.stdout.write("up");`;

describe("a flood of names", { skip }, () => {
  const stage = new RealStage();
  let web: RealPod;
  let neighbour: RealPod;

  before(async () => {
    [web, neighbour] = [await stage.pod("web"), await stage.pod("neighbour")];
    for (const { machine } of [web, neighbour]) {
      machine.rules.resolve = (name, type) =>
        name === known && type === "A" ? [{ type, name, address: "10.96.7.7" }] : [];
    }
    await ask(web);
  });
  after(() => stage.close());

  const ask = async (pod: RealPod): Promise<string> =>
    (await stage.run(pod, [process.execPath, "-e", lookUp])).trim();
  const asksOf = (pod: RealPod): number =>
    pod.machine.heard.filter(({ kind }) => kind === "names").length;

  test("by UDP is cut off and counted, and others are answered", async (t) => {
    const earlier = residentMegabytes(web.sidecar.pid);
    const began = performance.now();
    const flood = stage.run(web, [process.execPath, "-e", udpFlood]);
    assert.equal(await ask(neighbour), "10.96.7.7");
    await flood;
    const page = await web.machine.metrics();
    const seconds = (performance.now() - began) / 1000;
    // What the device's queue has no room for never comes to the sidecar at all.
    const refused = namesOf(page, "flood") + namesOf(page, "refused");
    const answered = namesOf(page, "answered");
    t.diagnostic(`${answered} answered, ${refused} refused in ${seconds.toFixed(1)} s`);
    assert(refused > 0, "some were too many, and counted");
    assert(answered <= asksMax * (2 + seconds), "no more are answered than the machine was asked");
    assert(asksOf(web) <= asksMax * (2 + seconds), `the machine heard ${asksOf(web)}`);
    assert(residentMegabytes(web.sidecar.pid) - earlier < grownMax);
    assert.equal(await ask(web), "10.96.7.7", "its own programs are answered again");
  });

  test("by TCP holds few connections, and others are answered, by the same pod too", async () => {
    const earlier = residentMegabytes(web.sidecar.pid);
    const flood = stage.start(web, [process.execPath, "-e", tcpFlood]);
    const heard = hearkenTo(flood);
    await heard("up");
    assert.equal(await ask(neighbour), "10.96.7.7");
    assert.equal(await ask(web), "10.96.7.7");
    await heard("cut");
    const ended = namesOf(await web.machine.metrics(), "limit");
    assert(ended >= 300 - 64, `${ended} connections were ended for others`);
    assert(residentMegabytes(web.sidecar.pid) - earlier < grownMax);
    flood.kill("SIGKILL");
  });
});

function namesOf(page: string, result: string): number {
  return metricOf(page, `beemesh_workload_names_total{result="${result}"}`);
}
