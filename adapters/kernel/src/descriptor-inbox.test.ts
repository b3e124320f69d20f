/** Descriptors between an outbox and an inbox, as machines hand connections to sidecars. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, describe, test } from "node:test";
import { portOf } from "../../../test/port-of.ts";
import { adoptSocket, closeDescriptor, descriptorOf, duplicate } from "./descriptor.ts";
import { DescriptorInbox } from "./descriptor-inbox.ts";
import { DescriptorOutbox } from "./descriptor-outbox.ts";
import { libc } from "./libc.ts";
import { unixAddress } from "./message.ts";

const skip = process.platform !== "linux" && "needs Linux";

/** Sends to an inbox what an outbox never would. */
function sendRaw(path: string, descriptors: readonly number[], bytes: Uint8Array): void {
  const { pointerTo, sendmsg, socket } = libc();
  const address = unixAddress(path);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(pointerTo(bytes), 0);
  vector.writeBigUInt64LE(BigInt(bytes.length), 8);
  const control = Buffer.alloc(64);
  control.writeBigUInt64LE(BigInt(16 + 4 * descriptors.length), 0);
  control.writeInt32LE(1, 8);
  control.writeInt32LE(1, 12);
  descriptors.forEach((fd, index) => control.writeInt32LE(fd, 16 + 4 * index));
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(pointerTo(address), 0);
  header.writeUInt32LE(address.length, 8);
  header.writeBigUInt64LE(pointerTo(vector), 16);
  header.writeBigUInt64LE(1n, 24);
  if (descriptors.length > 0) header.writeBigUInt64LE(pointerTo(control), 32);
  const controlLength = 16 + 8 * Math.ceil(descriptors.length / 2);
  if (descriptors.length > 0) header.writeBigUInt64LE(BigInt(controlLength), 40);
  const own = socket(1, 2, 0);
  const sent = sendmsg(own, header, 0);
  // What the header points to must live until here.
  assert.deepEqual(
    [sent, vector.length, control.length, address.length],
    [BigInt(bytes.length), 16, 64, 110],
  );
  closeDescriptor(own);
}

const door = JSON.stringify(join(import.meta.dirname, "index.ts"));

/** The program of another process: answers what was read already and what is still to come. */
const taker = `
  import { adoptSocket, DescriptorInbox } from ${door};
  const inbox = new DescriptorInbox(process.argv[2]);
  process.on("message", () => {
    const { fd, bytes } = inbox.receive();
    inbox.close();
    const socket = adoptSocket(fd);
    let all = bytes.toString();
    socket.on("data", (more) => (all += more));
    socket.on("end", () => socket.end("got " + all));
    socket.on("close", () => process.disconnect());
  });
  process.send("ready");`;

describe("a descriptor inbox", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "inbox-"));
  const outbox = new DescriptorOutbox();
  after(() => {
    outbox.close();
    rmSync(folder, { recursive: true });
  });
  const openCount = (): number => readdirSync("/proc/self/fd").length;

  test("takes a connection from another process, with what that has read of it", async () => {
    const program = join(folder, "taker.mjs");
    writeFileSync(program, taker);
    const path = join(folder, "taken");
    const child = fork(program, [path], { execArgv: ["--no-warnings"] });
    const exited = once(child, "exit");
    const server = createServer({ allowHalfOpen: true });
    try {
      await once(child, "message");
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const client = connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
      client.write("first ");
      const [own]: Socket[] = await once(server, "connection");
      assert(own !== undefined);
      const [read]: Buffer[] = await once(own, "data");
      own.pause();
      const copy = duplicate(descriptorOf(own) ?? -1);
      own.destroy();
      await once(own, "close");
      assert.equal(outbox.send(path, copy, read ?? Buffer.alloc(0)), "sent");
      closeDescriptor(copy);
      // Only now, when this process has nothing left of it.
      client.end("second");
      child.send("go");
      assert.equal(await text(client), "got first second");
      await exited;
    } finally {
      child.kill("SIGKILL");
      server.close();
    }
  });

  test("takes Unix connections, and pipes half of which has ended", async () => {
    const inbox = new DescriptorInbox(join(folder, "unix"));
    assert.equal(statSync(join(folder, "unix")).mode & 0o777, 0o600);
    const server = createServer({ allowHalfOpen: true });
    server.listen(join(folder, "unix.sock"));
    await once(server, "listening");
    const client = connect({ path: join(folder, "unix.sock"), allowHalfOpen: true });
    const [own]: Socket[] = await once(server, "connection");
    assert(own !== undefined);
    assert.equal(outbox.send(join(folder, "unix"), descriptorOf(own) ?? -1, Buffer.of(1)), "sent");
    own.destroy();
    const received = inbox.receive();
    assert(received !== undefined);
    assert.equal(inbox.receive(), undefined);
    const taken = adoptSocket(received.fd);
    client.end("question");
    const [question]: Buffer[] = await once(taken, "data");
    await once(taken, "end");
    taken.end(`answer to ${question?.toString()}`);
    assert.equal(await text(client), "answer to question");
    inbox.close();
    server.close();
  });

  test("says when it is full or not there, and takes more when it is emptied", () => {
    const path = join(folder, "full");
    const before = openCount();
    assert.equal(outbox.send(path, 1, Buffer.from("x")), "absent");
    const inbox = new DescriptorInbox(path);
    let sent = 0;
    while (sent < 100_000 && outbox.send(path, 1, Buffer.from("x")) === "sent") sent += 1;
    assert(sent > 0 && sent < 100_000, `${sent} were taken`);
    // One that does not read is in nobody's way.
    const other = new DescriptorInbox(join(folder, "other"));
    assert.equal(outbox.send(join(folder, "other"), 1, Buffer.from("x")), "sent");
    other.close();
    const received = inbox.receive();
    assert(received !== undefined);
    closeDescriptor(received.fd);
    assert.equal(outbox.send(path, 1, Buffer.from("x")), "sent");
    // Whoever closes the inbox leaves nothing open of what it never looked at.
    inbox.close();
    assert.equal(outbox.send(path, 1, Buffer.from("x")), "absent");
    assert.equal(inbox.receive(), undefined);
    assert.equal(openCount(), before);
  });

  test("drops what no machine sends, closes what came with it, and goes on", () => {
    const path = join(folder, "junk");
    const inbox = new DescriptorInbox(path);
    const before = openCount();
    const [good, long] = [Buffer.from("good"), Buffer.alloc(20_000)];
    for (const [descriptors, bytes] of [
      [[1], long],
      [[], good],
      [[1, 1], good],
      [[1, 1, 1, 1], good],
    ] as const) {
      sendRaw(path, descriptors, bytes);
      sendRaw(path, [1], good);
      const received = inbox.receive();
      assert(received !== undefined);
      assert.deepEqual(received.bytes, good);
      closeDescriptor(received.fd);
      assert.equal(inbox.receive(), undefined);
      assert.equal(openCount(), before);
    }
    inbox.close();
  });
});
