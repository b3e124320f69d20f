import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { portOf } from "../../../test/port-of.ts";
import { connectStream } from "./stream-connector.ts";
import { connectTo, Reader, skip } from "./stream-pair.test.ts";

describe("a connector", { skip }, () => {
  test("connects to a program", async () => {
    const server = createServer((socket) => socket.end("welcome"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const connected = await connectTo(portOf(server));
    assert(typeof connected !== "number");
    const reader = new Reader(connected);
    await reader.ended;
    assert.equal(reader.bytes.toString(), "welcome");
    reader.stream.end();
    await reader.closed;
    server.close();
  });

  test("says by number why it could not", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = portOf(server);
    await new Promise((resolve) => server.close(resolve));
    const refused = 111;
    assert.equal(await connectTo(port), refused);
  });

  test("says nothing when it is given up", async () => {
    let told = 0;
    const count = (): void => {
      told += 1;
    };
    for (let round = 0; round < 10; round += 1) {
      const giveUp = connectStream("127.0.0.1", 1, count);
      giveUp();
      giveUp();
    }
    await connectTo(1);
    assert.equal(told, 0);
  });

  test("refuses a name", () => {
    assert.throws(() => connectStream("localhost", 1, () => {}), { code: "kernel-refused" });
  });
});
