/** Sockets whose descriptors are taken from their owner, as a sidecar takes them. */
import assert from "node:assert/strict";
import { dlopen } from "node:ffi";
import { connect, createServer, type Server, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { readDescriptorTag } from "@beemesh/workload";
import { portOf } from "../../../../test/port-of.ts";
import { handOver, type Outbox } from "./handover.ts";
import { heldSocket } from "./held-connection.ts";

const libc = dlopen("libc.so.6", { dup: { arguments: ["i32"], return: "i32" } });

/** A copy of a descriptor, as SCM_RIGHTS makes one. */
function duplicate(descriptor: number): number {
  const copy: unknown = libc.functions.dup(descriptor);
  assert(typeof copy === "number" && copy >= 0);
  return copy;
}

/** What came through an outbox. */
export interface Delivered {
  readonly path: string;
  readonly tag: ReturnType<typeof readDescriptorTag>;
  /** What was read before, then the rest. */
  readonly socket: Socket;
}

/** An outbox whose reader is in this process. It says `full` so often first. */
export function testOutbox(fullTimes = 0): Outbox & { readonly delivered: Delivered[] } {
  const delivered: Delivered[] = [];
  let full = fullTimes;
  return {
    delivered,
    send: (path, descriptor, bytes) => {
      if (path === "absent") return "absent";
      full -= 1;
      if (full >= 0) return "full";
      const end = bytes.indexOf(10);
      const tag = readDescriptorTag(Buffer.from(bytes.subarray(0, end)).toString());
      const socket = new Socket({ fd: duplicate(descriptor), readable: true, writable: true });
      socket.on("error", () => socket.destroy());
      if (end + 1 < bytes.length) socket.unshift(Buffer.from(bytes.subarray(end + 1)));
      delivered.push({ path, tag, socket });
      return "sent";
    },
  };
}

/** A server on loopback that says back what it hears, after a word of its own. */
export async function openEcho(word = ""): Promise<Server & { readonly at: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(word);
    socket.pipe(socket);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return Object.assign(server, { at: portOf(server) });
}

/** Sends and ends; what comes back until the end. */
export async function say(socket: Socket, words: string): Promise<string> {
  socket.end(words);
  return text(socket);
}

test("a handed-over connection goes on where its first owner has stopped", async () => {
  const echo = await openEcho("hello ");
  const socket = connect(echo.at, "127.0.0.1").pause();
  await new Promise((resolve) => socket.once("connect", resolve));
  const outbox = testOutbox(3);
  const held = heldSocket(socket, Buffer.from("read before, "));
  assert(await handOver(outbox, "sidecar", { kind: "dialed", id: 7 }, held));
  assert(socket.destroyed, "the first owner has let go");
  const [taken] = outbox.delivered;
  assert(taken);
  assert.deepEqual(taken.tag, { kind: "dialed", id: 7 });
  assert.equal(await say(taken.socket, "world"), "read before, hello world");
  echo.close();
});

test("what cannot be handed over stays with its owner", async () => {
  const echo = await openEcho();
  const socket = connect(echo.at, "127.0.0.1").pause();
  await new Promise((resolve) => socket.once("connect", resolve));
  const held = heldSocket(socket);
  const tag = { kind: "incoming" } as const;
  assert(!(await handOver(testOutbox(), "absent", tag, held)), "nobody is there");
  assert(!(await handOver(testOutbox(1000), "sidecar", tag, held)), "it never reads");
  const long = { ...held, bytes: Buffer.alloc(20_000) };
  assert(!(await handOver(testOutbox(), "sidecar", tag, long)), "too much was read");
  assert(!socket.destroyed);
  held.release();
  assert.throws(() => heldSocket(socket), { code: "socket-closed" });
  echo.close();
});
