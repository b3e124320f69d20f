/** Descriptors between an outbox and an inbox, as machines hand connections to sidecars. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { portOf } from "../../../test/port-of.ts";
import { adoptSocket, closeDescriptor, descriptorOf, duplicate } from "./descriptor.ts";
import { DescriptorInbox } from "./descriptor-inbox.ts";
import { DescriptorOutbox } from "./descriptor-outbox.ts";

const skip = process.platform !== "linux" && "needs Linux";

describe("a descriptor inbox", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "inbox-"));
  const outbox = new DescriptorOutbox();
  after(() => {
    outbox.close();
    rmSync(folder, { recursive: true });
  });
  const openCount = (): number => readdirSync("/proc/self/fd").length;

  test("takes a connection over, with what was read of it already", async () => {
    const inbox = new DescriptorInbox(join(folder, "taken"));
    const accepted = Promise.withResolvers<Socket>();
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accepted.resolve);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
    client.write("first ");
    const own = await accepted.promise;
    own.resume();
    const [read]: Buffer[] = await once(own, "data");
    own.pause();
    const copy = duplicate(descriptorOf(own) ?? -1);
    assert.equal(outbox.send(join(folder, "taken"), copy, read ?? Buffer.alloc(0)), "sent");
    closeDescriptor(copy);
    own.destroy();
    await once(own, "close");

    const received = inbox.receive();
    assert(received !== undefined);
    assert.equal(inbox.receive(), undefined);
    const taken = adoptSocket(received.fd);
    client.end("second");
    assert.equal(received.bytes.toString() + (await readToEnd(taken)), "first second");
    taken.end("answer");
    assert.equal(await readToEnd(client), "answer");
    inbox.close();
    server.close();
  });

  test("says when it is full or not there, and takes more when it is emptied", () => {
    const path = join(folder, "full");
    assert.equal(outbox.send(path, 1, Buffer.from("x")), "absent");
    const inbox = new DescriptorInbox(path);
    const before = openCount();
    let sent = 0;
    while (sent < 100_000 && outbox.send(path, 1, Buffer.from("x")) === "sent") sent += 1;
    assert(sent > 0 && sent < 100_000, `${sent} were taken`);
    const received = inbox.receive();
    assert(received !== undefined);
    closeDescriptor(received.fd);
    assert.equal(outbox.send(path, 1, Buffer.from("x")), "sent");
    // Whoever closes the inbox leaves nothing open of what it never looked at.
    inbox.close();
    assert.equal(openCount(), before - 1);
    assert.equal(outbox.send(path, 1, Buffer.from("x")), "absent");
    assert.equal(inbox.receive(), undefined);
  });

  test("drops what is too long, and closes what came with it", () => {
    const path = join(folder, "long");
    const inbox = new DescriptorInbox(path);
    const before = openCount();
    assert.equal(outbox.send(path, 1, Buffer.alloc(20_000)), "sent");
    assert.equal(inbox.receive(), undefined);
    assert.equal(openCount(), before);
    inbox.close();
  });
});

/** Reads what comes, and leaves the other direction open. */
async function readToEnd(socket: Socket): Promise<string> {
  let read = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    read += chunk;
  });
  await once(socket, "end");
  return read;
}
