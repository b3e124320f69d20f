/** Sidecars as processes, in networks of their own, and programs that know nothing of them. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { has, type RealPod, RealStage } from "./testing/real-stage.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

describe("programs of a pod", { skip }, () => {
  const stage = new RealStage();
  let web: RealPod;
  let db: RealPod;

  before(async () => {
    [web, db] = [await stage.pod("web"), await stage.pod("db")];
    web.machine.rules.resolve = (name, type) =>
      name === "echo.shop.svc.cluster.local" && type === "A"
        ? [{ type, name, address: "10.96.7.7" }]
        : [];
    const serve = `
      const { createSocket } = require("node:dgram");
      for (const [type, host] of [["udp4", "0.0.0.0"], ["udp6", "::"]]) {
        const socket = createSocket({ type, ipv6Only: type === "udp6" });
        socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
        socket.bind(7, host);
      }
      const { createServer } = require("node:net");
      createServer({ allowHalfOpen: true }, (s) => { s.on("error", () => {}); s.pipe(s); })
        .listen(7, "::", () =>
          require("node:http").createServer((q, s) => s.end("hello " + q.url))
            .listen(80, "::", () => process.stdout.write("up")));`;
    const server = stage.start(db, [process.execPath, "-e", serve]);
    assert(server.stdout);
    await once(server.stdout, "data");
    for (const ip of ["10.96.7.7", "fd00:96::7"]) {
      stage.route(web, db, { protocol: "tcp", ip, port: 80 });
      stage.route(web, db, { protocol: "tcp", ip, port: 7 });
      stage.route(web, db, { protocol: "udp", ip, port: 7 });
      stage.route(web, db, { protocol: "udp", ip, port: 8 });
    }
  });
  after(() => stage.close());

  test("reach another pod by IPv4 and by IPv6, whatever they are", async () => {
    const code = (host: string): string =>
      `const s = require("node:net").connect(7, "${host}"); s.end("node"); s.pipe(process.stdout)`;
    assert.equal(await stage.run(web, [process.execPath, "-e", code("10.96.7.7")]), "node");
    assert.equal(await stage.run(web, [process.execPath, "-e", code("fd00:96::7")]), "node");
  });

  test("busybox nc and wget", { skip: !has("busybox") && "no busybox" }, async () => {
    assert.equal(await stage.run(web, ["busybox", "nc", "10.96.7.7", "7"], "nc"), "nc");
    const url = "http://10.96.7.7/wget";
    assert.equal(await stage.run(web, ["busybox", "wget", "-q", "-O", "-", url]), "hello /wget");
  });

  test("curl", { skip: !has("curl") && "no curl" }, async () => {
    for (const host of ["10.96.7.7", "[fd00:96::7]"]) {
      const answer = await stage.run(web, ["curl", "-s", `http://${host}/curl`]);
      assert.equal(answer, "hello /curl");
    }
  });

  test("are refused where nothing leads", { skip: !has("curl") && "no curl" }, async () => {
    for (const host of ["10.96.9.9", "[2001:db8::1]", "192.168.1.1"]) {
      const answer = await stage.run(web, ["curl", "-sS", `http://${host}/`]);
      assert.match(answer, /reset by peer|Couldn't connect/u);
    }
    // What is asked for later is answered later: by then all refusals have been told.
    await web.machine.metrics();
    const targets = web.machine.refusals.map(({ target }) => target);
    assert.deepEqual(targets, ["10.96.9.9", "2001:db8::1", "192.168.1.1"]);
  });

  /** A program that sends datagrams of some sizes, and says which it got back, or what came. */
  function exchange(host: string, port: number, sizes: readonly number[]): readonly string[] {
    const code = `
      const type = "${host}".includes(":") ? "udp6" : "udp4";
      const socket = require("node:dgram").createSocket(type);
      const sizes = ${JSON.stringify(sizes)};
      const send = () => sizes.length === 0
        ? socket.close()
        : socket.send(Buffer.alloc(sizes[0], sizes[0]));
      socket.on("error", (error) => { process.stdout.write(error.code); socket.close(); });
      socket.on("message", (bytes, from) => {
        const size = sizes.shift();
        const isSame = Buffer.alloc(size, size).equals(bytes) && from.address === "${host}";
        process.stdout.write(isSame ? size + " " : "wrong ");
        send();
      });
      socket.connect(${port}, "${host}", send);`;
    return [process.execPath, "-e", code];
  }

  test("send datagrams of every size by IPv4 and by IPv6", async () => {
    for (const host of ["10.96.7.7", "fd00:96::7"]) {
      const sizes = [1, 100, 1500, 20_000, 65_000];
      const got = await stage.run(web, exchange(host, 7, sizes));
      assert.equal(got, `${sizes.join(" ")} `);
    }
  });

  test("are told by ICMP where datagrams cannot go", async () => {
    assert.equal(await stage.run(web, exchange("10.96.7.7", 8, [1])), "ECONNREFUSED");
    assert.match(await stage.run(web, exchange("10.96.9.9", 7, [1])), /^(?:EHOSTUNREACH|EACCES)$/u);
    assert.match(await stage.run(web, exchange("2001:db8::1", 7, [1])), /^EACCES$/u);
    await web.machine.metrics();
    const { protocol, target, cause } = web.machine.refusals.at(-1) ?? {};
    assert.deepEqual(
      { protocol, target, cause },
      {
        protocol: "udp",
        target: "2001:db8::1",
        cause: "policy",
      },
    );
  });

  test("ask the sidecar for names, by UDP and by TCP", async () => {
    const ask = (useTcp: boolean): readonly string[] => {
      const code = `
        const { Resolver } = require("node:dns").promises;
        const resolver = new Resolver();
        resolver.setServers(["10.96.0.10"]);
        resolver.resolve4("echo.shop.svc.cluster.local").then((found) => console.log(found[0]));
        resolver.resolve4("absent.svc.cluster.local").catch((error) => console.log(error.code));`;
      return useTcp ? [process.execPath, "-e", tcpQuestion] : [process.execPath, "-e", code];
    };
    const answers = (await stage.run(web, ask(false))).trim().split("\n");
    assert.deepEqual(answers.toSorted(), ["10.96.7.7", "ENOTFOUND"]);
    assert.match(await stage.run(web, ask(true)), /10,96,7,7$/u);
  });

  test("reach programs outside by datagrams of the machine's", async () => {
    const outside = createSocket("udp4");
    outside.on("message", (bytes, from) => outside.send(bytes, from.port, from.address));
    await once(outside.bind(0, "127.0.0.1"), "listening");
    const { port } = outside.address();
    const key = "udp 203.0.113.9 9";
    web.machine.rules.routes.set(key, { kind: "external", key, host: "127.0.0.1", port });
    web.machine.rules.dialDatagrams = (host, at) => {
      const socket = createSocket("udp4");
      socket.connect(at, host);
      return socket;
    };
    try {
      assert.equal(await stage.run(web, exchange("203.0.113.9", 9, [5, 1000])), "5 1000 ");
    } finally {
      outside.close();
    }
  });

  test("a sidecar has no rights left", async () => {
    const status = await stage.run(web, ["cat", `/proc/${web.sidecar.pid}/status`]);
    assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/mu);
    assert.match(status, /^CapEff:\t0+$/mu);
  });
});

/** A question for the echo's address in a message of DNS over TCP; prints what comes back. */
const tcpQuestion = `
  const labels = "echo.shop.svc.cluster.local".split(".");
  const name = labels.flatMap((label) => [label.length, ...Buffer.from(label)]);
  const query = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 0, 1, 0, 1]);
  const socket = require("node:net").connect(53, "10.96.0.10");
  socket.write(Buffer.from([0, query.length]));
  socket.write(query);
  socket.once("data", (bytes) => process.stdout.write([...bytes].join(), () => socket.destroy()));`;
