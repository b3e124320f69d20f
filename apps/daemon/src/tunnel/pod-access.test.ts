import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type Duplex, duplexPair, PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import type { Runtime } from "@beemesh/ports";
import { portOf } from "../../../../test/port-of.ts";
import type { Programs } from "../external/programs.ts";
import { PodAccess, type PodStreams } from "./pod-access.ts";

/** Two machines whose streams are pairs in memory; only `far` runs pods. */
function twoMachines(
  runtime: Partial<Runtime>,
  programs: Pick<Programs, "placeOf"> = { placeOf: () => undefined },
): PodAccess {
  const handlers = new Map<string, (peer: string, stream: Duplex) => void>();
  const streamsOf = (self: string): PodStreams => ({
    openStream: (peer, name) => {
      const [near, far] = duplexPair();
      handlers.get(`${peer}/${name}`)?.(self, far);
      return Promise.resolve(near);
    },
    handleStream: (name, handler) => {
      handlers.set(`${self}/${name}`, handler);
      return Promise.resolve();
    },
  });
  const make = (self: string, own: Partial<Runtime>): PodAccess =>
    new PodAccess({
      self,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
      runtime: own as Runtime,
      streams: streamsOf(self),
      peerOf: (machine) => (machine === "lost" ? undefined : machine),
      programs,
    });
  void make("far", runtime).serve();
  return make("near", {});
}

const place = { uid: "u", machine: "far" };

describe("PodAccess", () => {
  test("connects to a pod on another machine, with half-close", async () => {
    const access = twoMachines({
      connect: () => {
        const [inside, end] = duplexPair();
        end.on("data", (chunk) => end.write(`echo ${String(chunk)}`));
        end.on("end", () => end.end());
        return Promise.resolve(inside);
      },
    });
    const stream = await access.connect(place, 80);
    stream.end("hello");
    assert.equal(await text(stream), "echo hello");
  });

  test("brings the log of a container on another machine", async () => {
    const access = twoMachines({ logs: () => Promise.resolve(Readable.from(["one\n", "two\n"])) });
    const options = { follow: false, previous: false, timestamps: false };
    assert.equal(await text(await access.log(place, "web", options)), "one\ntwo\n");
  });

  test("passes the words of a refusal on", async () => {
    const access = twoMachines({
      exec: () => Promise.reject(new BeeError("pod-unknown", "Cannot find pod u")),
    });
    const wish = {
      kind: "exec",
      container: "web",
      command: ["ls"],
      stdin: false,
      tty: false,
    } as const;
    await assert.rejects(access.session(place, wish), { message: /Cannot find pod u/u });
  });

  test("reaches programs outside containers at the ports that they name", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const own = { host: "127.0.0.1", port: portOf(server) };
    const programs: Pick<Programs, "placeOf"> = {
      placeOf: (uid, port) => (uid === "x1" && port === 5432 ? own : undefined),
    };
    const access = twoMachines({ connect: () => Promise.reject(new Error("no pod")) }, programs);
    const stream = await access.connect({ ...place, uid: "x1" }, 5432);
    stream.end("hello");
    assert.equal(await text(stream), "hello");
    await assert.rejects(access.connect({ ...place, uid: "x2" }, 5432), { message: /no pod/u });
    server.close();
    await once(server, "close");
    await assert.rejects(access.connect({ ...place, uid: "x1" }, 5432), {
      message: /nobody listens at 127\.0\.0\.1/u,
    });
  });

  test("says which machine it does not know", async () => {
    const access = twoMachines({});
    await assert.rejects(access.connect({ uid: "u", machine: "lost" }, 80), { message: /lost/u });
  });

  test("runs a session on another machine", async () => {
    const stdout = new PassThrough();
    const access = twoMachines({
      exec: (_uid, _container, { command }) => {
        stdout.end(command.join(" "));
        const rest = { stdin: undefined, stderr: undefined, exitCode: Promise.resolve(3) };
        return Promise.resolve({ ...rest, stdout, resize: () => undefined, kill: () => undefined });
      },
    });
    const wish = {
      kind: "exec",
      container: "web",
      command: ["a", "b"],
      stdin: false,
      tty: true,
    } as const;
    const session = await access.session(place, wish);
    assert(session.stdout instanceof Readable);
    assert.equal(await text(session.stdout), "a b");
    assert.equal(await session.exitCode, 3);
  });
});
