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
import { PodAccess, type PodAccessOptions, type PodStreams } from "./pod-access.ts";

/** Two machines whose streams are pairs in memory; only `far` runs pods. */
function twoMachines(
  runtime: Partial<Runtime>,
  programs: Pick<Programs, "placeOf"> = { placeOf: () => undefined },
  admitIngress: PodAccessOptions["admitIngress"] = () =>
    Promise.resolve({ allowed: true, reason: "" }),
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
      peer: self,
      admitIngress,
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

  test("asks where the pod runs whether the ingress may enter; the owner may", async () => {
    const asked: string[] = [];
    const access = twoMachines(
      {
        connect: () => {
          const [inside, end] = duplexPair();
          end.end("hello");
          return Promise.resolve(inside);
        },
      },
      undefined,
      (uid, issuer, port) => {
        asked.push(`${uid} ${issuer} ${port}`);
        return Promise.resolve({ allowed: port === 80, reason: "no policy of shop allows it" });
      },
    );
    assert.equal(await text(await access.connect(place, 80, "ingress")), "hello");
    await assert.rejects(access.connect(place, 81, "ingress"), {
      code: "policy-refused",
      message: "Cannot enter the pod: no policy of shop allows it",
    });
    assert.deepEqual(asked, ["u near 80", "u near 81"]);
    assert.equal(await text(await access.connect(place, 81)), "hello");
    assert.equal(asked.length, 2);
    const here = { ...place, machine: "near" };
    await assert.rejects(access.connect(here, 81, "ingress"), { code: "policy-refused" });
    assert.equal(asked.length, 3);
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
