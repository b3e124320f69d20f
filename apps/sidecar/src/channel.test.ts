import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { portOf } from "../../../test/port-of.ts";
import { Channel, type Notice } from "./channel.ts";

describe("Channel", () => {
  let server: Server;
  let attached = 0;
  let notices: Notice[] = [];
  let channel: Channel;

  before(async () => {
    server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  beforeEach(() => {
    attached = 0;
    notices = [];
    channel = new Channel({
      onAttach: () => {
        attached += 1;
      },
      onNotice: (notice) => void notices.push(notice),
    });
  });
  after(() => server.close());

  /** A machine's end of a connection that the channel has taken. */
  async function attach(): Promise<Socket> {
    const machine = connect(portOf(server));
    const [own] = await once(server, "connection");
    machine.on("error", () => machine.destroy());
    machine.setEncoding("utf8");
    channel.attach(own);
    return machine;
  }

  /** Reads until some text has come. */
  async function heard(machine: Socket, text: string): Promise<string> {
    let all = "";
    while (!all.includes(text)) {
      const [chunk] = await once(machine, "data");
      all += String(chunk);
    }
    return all;
  }

  const question = { kind: "route", protocol: "tcp", ip: "10.0.0.1", port: 80 } as const;
  const answer = (id: number): string =>
    `${JSON.stringify({ kind: "route", id, route: { kind: "refused", key: "k", reason: "r" } })}\n`;

  test("says that it is ready, asks, and is answered under the id of the question", async () => {
    const machine = await attach();
    assert.equal(attached, 1);
    const asked = [channel.ask(question), channel.ask({ ...question, port: 81 })];
    const text = await heard(machine, ":81");
    assert.match(text, /^\{"kind":"ready"/u);
    machine.write(`${answer(2)}${answer(1).slice(0, 10)}`);
    assert.equal((await asked[1])?.id, 2);
    machine.write(answer(1).slice(10));
    assert.equal((await asked[0])?.id, 1);
    assert.equal(channel.pending, 0);
    channel.close();
  });

  test("asks a machine that comes later, and again one that comes back", async () => {
    const asked = channel.ask(question);
    const first = await attach();
    await heard(first, '"id":1');
    first.destroy();
    const second = await attach();
    await heard(second, '"id":1');
    second.write(answer(1));
    assert.equal((await asked)?.route.kind, "refused");
    channel.close();
  });

  test("lets the machine that came last take the place of the one before", async () => {
    const first = await attach();
    const gone = once(first.resume(), "close");
    await attach();
    await gone;
    assert(channel.isAttached);
    channel.close();
  });

  test("gives up a question that nobody answers, and all but so many at once", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const asked = channel.ask(question);
    const others = Array.from({ length: 3000 }, () => channel.ask(question));
    assert(channel.pending < 3000);
    assert.equal(await others.at(-1), undefined);
    t.mock.timers.tick(10_000);
    assert.equal(await asked, undefined);
    assert.equal(channel.pending, 0);
  });

  test("passes on what the machine tells", async () => {
    const machine = await attach();
    machine.write('{"kind":"forget","what":"names"}\n{"kind":"collect","id":7}\n');
    while (notices.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(notices, [
      { kind: "forget", what: "names" },
      { kind: "collect", id: 7 },
    ]);
    channel.close();
  });

  for (const [what, text] of [
    ["what is no message", "hello\n"],
    ["an answer of another kind", "[]\n"],
    ["a line without end", "x".repeat(300_000)],
  ] as const)
    test(`hangs up on ${what}`, async () => {
      const machine = await attach();
      const gone = new Promise((resolve) => void machine.once("close", resolve));
      machine.resume().write(text);
      await gone;
      channel.close();
    });

  test("takes an answer of the wrong kind for none", async () => {
    const machine = await attach();
    const asked = channel.ask(question);
    machine.write('{"kind":"verdict","id":1,"allowed":true,"reason":""}\n');
    machine.write(answer(1));
    assert.equal((await asked)?.kind, "route");
    channel.close();
  });
});
