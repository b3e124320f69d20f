/**
 * Two sidecars of one mesh in one process, each with its machine: what programs at both ends of a
 * connection see must be what they would see without sidecars.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { readAll, Stage, type StagePod } from "./testing/stage.ts";

const serviceIp = "10.96.0.80";
const routeKey = `tcp ${serviceIp} 80`;

describe("a connection between two sidecars", () => {
  const stage = new Stage();
  let web: StagePod;
  let db: StagePod;

  before(async () => {
    [web, db] = [await stage.pod("web"), await stage.pod("db")];
  });
  after(() => stage.close());

  /** A program of the database's pod, which the web's service then leads to. */
  async function serve(onConnection: (socket: Socket) => void): Promise<void> {
    stage.route(web, db, await stage.listen(db, onConnection));
    const route = web.machine.rules.routes.get(routeKey);
    assert(route);
    web.machine.tell({ kind: "rerouted", route });
  }

  test("carries what both sides say, and the end of each", async () => {
    await serve((socket) => {
      void readAll(socket).then((text) => socket.end(`you said ${text}`));
    });
    const app = await stage.connect(web);
    app.end("hello");
    assert.equal(await readAll(app), "you said hello");
  });

  test("lets the server speak first", async () => {
    await serve((socket) => socket.end("welcome"));
    assert.equal(await readAll(await stage.connect(web)), "welcome");
  });

  test("lets a server that has ended still be spoken to", async () => {
    const heard = Promise.withResolvers<string>();
    await serve((socket) => {
      socket.end("no more from me");
      void readAll(socket).then(heard.resolve);
    });
    const app = await stage.connect(web);
    assert.equal(await readAll(app), "no more from me");
    app.end("but more from me");
    assert.equal(await heard.promise, "but more from me");
  });

  test("passes a reset of the client on", async () => {
    const ending = Promise.withResolvers<string>();
    await serve((socket) => {
      socket.on("error", (error: NodeJS.ErrnoException) => ending.resolve(error.code ?? ""));
      socket.write("x");
      socket.resume();
    });
    const app = await stage.connect(web);
    await once(app, "data");
    app.resetAndDestroy();
    assert.equal(await ending.promise, "ECONNRESET");
  });

  test("passes a reset of the server on", async () => {
    await serve((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const app = await stage.connect(web);
    app.write("x");
    assert.equal(await readAll(app), "<ECONNRESET>");
  });

  test("passes a reset on that comes after an end, to a server that goes on writing", async () => {
    const ending = Promise.withResolvers<string>();
    const goOn = (socket: Socket): void => {
      if (!socket.destroyed) socket.write("x", () => setImmediate(goOn, socket));
    };
    await serve((socket) => {
      socket.on("error", (error: NodeJS.ErrnoException) => ending.resolve(error.code ?? ""));
      socket.on("end", () => goOn(socket));
      socket.resume();
    });
    const app = await stage.connect(web);
    app.end();
    await once(app, "data");
    app.resetAndDestroy();
    assert.match(await ending.promise, /^(?:ECONNRESET|EPIPE)$/u);
  });

  test("resets a client whose port is closed at the other end", async () => {
    await serve((socket) => socket.destroy());
    stage.route(web, db, 1);
    const route = web.machine.rules.routes.get(routeKey);
    assert(route);
    web.machine.tell({ kind: "rerouted", route });
    const app = await stage.connect(web);
    assert.equal(await readAll(app), "<ECONNRESET>");
    assert.match(await web.machine.metrics(), /direction="out",result="closed"\} 1/u);
  });

  test("carries thirty megabytes both ways at once, unchanged", async () => {
    await serve((socket) => socket.pipe(socket));
    const app = await stage.connect(web);
    const block = Buffer.from(Uint8Array.from({ length: 1_000_003 }, (_, index) => index * 31));
    let got = 0;
    let isSame = true;
    app.on("data", (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += 997) {
        isSame &&= chunk[at] === block[(got + at) % block.length];
      }
      got += chunk.length;
    });
    for (let count = 0; count < 30; count += 1) {
      if (!app.write(block)) await once(app, "drain");
    }
    app.end();
    await once(app, "end");
    assert.equal(got, 30 * block.length);
    assert(isSame);
  });

  test("stops a writer whose reader does not read, before much is held anywhere", async () => {
    let server: Socket | undefined;
    await serve((socket) => {
      server = socket.pause();
    });
    const app = await stage.connect(web);
    const block = Buffer.alloc(64 * 1024);
    let taken = 0;
    // The kernel's buffers and the sidecars' have an end: some writes later nothing is taken.
    while (taken < 200_000_000) {
      const isReady = app.write(block);
      taken += block.length;
      if (isReady) continue;
      const drained = once(app, "drain").then(() => true);
      if (!(await Promise.race([drained, idleTurns(200)]))) break;
    }
    assert(taken < 60_000_000, `${taken} bytes were taken`);
    let got = 0;
    server?.on("data", (chunk: Buffer) => {
      got += chunk.length;
    });
    app.end();
    server?.resume();
    await once(server ?? app, "end");
    assert.equal(got, taken);
  });

  test("takes one carrier for many connections after each other", async () => {
    await serve((socket) => socket.pipe(socket));
    const echo = async (): Promise<void> => {
      const app = await stage.connect(web);
      app.end("x");
      assert.equal(await readAll(app), "x");
    };
    await echo();
    const earlier = carriersIn(await db.machine.metrics());
    for (let count = 0; count < 50; count += 1) await echo();
    assert.equal(carriersIn(await db.machine.metrics()), earlier);
  });

  test("takes a carrier again after resets and refusals", async () => {
    await serve((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const breakOff = async (): Promise<void> => {
      const app = await stage.connect(web);
      app.write("x");
      assert.equal(await readAll(app), "<ECONNRESET>");
    };
    await breakOff();
    const earlier = carriersIn(await db.machine.metrics());
    for (let count = 0; count < 20; count += 1) await breakOff();
    assert.equal(carriersIn(await db.machine.metrics()), earlier);
  });

  test("goes on while identities change, and new ones are used for what is new", async () => {
    await serve((socket) => socket.pipe(socket));
    const app = await stage.connect(web);
    app.write("a");
    await once(app, "data");
    const earlier = carriersIn(await db.machine.metrics());
    await Promise.all([web.sidecar.renewIdentity(), db.sidecar.renewIdentity()]);
    app.write("b");
    const [chunk] = await once(app, "data");
    assert.equal(String(chunk), "b");
    const next = await stage.connect(web);
    next.end("c");
    assert.equal(await readAll(next), "c");
    assert(carriersIn(await db.machine.metrics()) > earlier);
    app.end();
    await once(app, "end");
  });

  test("goes on while the machines are away, and new connections too", async () => {
    await serve((socket) => socket.pipe(socket));
    const app = await stage.connect(web);
    app.write("a");
    await once(app, "data");
    web.machine.detach();
    db.machine.detach();
    app.write("b");
    await once(app, "data");
    const next = await stage.connect(web);
    next.end("c");
    assert.equal(await readAll(next), "c");
    await web.machine.attach(web.socketPath);
    await db.machine.attach(db.socketPath);
    app.end("d");
    assert.equal(await readAll(app), "d");
  });

  test("asks again what a machine that went away did not answer", async () => {
    const { rules } = web.machine;
    await serve((socket) => socket.pipe(socket));
    const key = "tcp 10.96.0.81 80";
    const route = rules.routes.get(routeKey);
    assert(route);
    web.machine.detach();
    const app = await stage.connect(web, "10.96.0.81", 80);
    app.end("x");
    rules.routes.set(key, { ...route, key });
    await web.machine.attach(web.socketPath);
    assert.equal(await readAll(app), "x");
  });
});

function carriersIn(metrics: string): number {
  const pattern = /beemesh_workload_carriers_total\{direction="in",result="made"\} (\d+)/u;
  return Number(pattern.exec(metrics)?.[1] ?? 0);
}

/** False after some turns of the event loop, in which everything that could happen has. */
async function idleTurns(count: number): Promise<boolean> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}
