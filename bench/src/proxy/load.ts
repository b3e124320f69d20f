/**
 * The client that measures a proxy, as a process: `node load.ts KIND HOST PORT COUNT [PARALLEL]`.
 * Prints one line of JSON: numbers, in the unit that the kind says.
 *
 * - `throughput`: COUNT megabytes over PARALLEL connections, to the sink; Gbit/s.
 * - `echo`: COUNT round trips of 200 bytes over one connection; microseconds, each of them.
 * - `connect`: COUNT connections of one byte there and back, PARALLEL at a time; per second.
 * - `pace`: COUNT HTTP requests at 2,000 a second, whatever the answers do; microseconds of each
 *   from when it was due.
 */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";

const [kind = "", host = "", portText = "", countText = "", parallelText = "1"] =
  process.argv.slice(2);
const [port, count, parallel] = [Number(portText), Number(countText), Number(parallelText)];

/** Requests that are due each second of `pace`. */
const pacePerSecond = 2000;

async function dial(): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

async function throughput(): Promise<number[]> {
  const chunk = Buffer.alloc(256 * 1024, 7);
  const chunksEach = Math.ceil((count * 1024 * 1024) / parallel / chunk.length);
  const sockets = await Promise.all(Array.from({ length: parallel }, dial));
  const start = performance.now();
  const taken = await Promise.all(
    sockets.map(async (socket) => {
      for (let sent = 0; sent < chunksEach; sent += 1) {
        if (!socket.write(chunk)) await once(socket, "drain");
      }
      socket.end();
      return Number(await text(socket));
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const bytes = taken.reduce((sum, each) => sum + each, 0);
  if (bytes !== parallel * chunksEach * chunk.length) throw new Error("bytes were lost");
  return [(bytes * 8) / seconds / 1e9];
}

async function echo(): Promise<number[]> {
  const socket = await dial();
  const message = Buffer.alloc(200, 1);
  const took: number[] = [];
  for (let round = -count / 10; round < count; round += 1) {
    const start = performance.now();
    socket.write(message);
    for (let got = 0; got < message.length; ) {
      const [chunk]: Buffer[] = await once(socket, "data");
      got += chunk?.length ?? 0;
    }
    if (round >= 0) took.push((performance.now() - start) * 1000);
  }
  socket.destroy();
  return took;
}

async function connections(): Promise<number[]> {
  let left = count;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      const socket = await dial();
      socket.write("x");
      await once(socket, "data");
      socket.end();
      await once(socket, "close");
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return [count / ((performance.now() - start) / 1000)];
}

async function pace(): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const took: number[] = [];
  const start = performance.now();
  const ask = (dueAt: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request({ host, port, agent, path: "/" }, (response) => {
        response.resume().on("end", () => {
          took.push((performance.now() - dueAt) * 1000);
          resolve();
        });
      });
      sent.on("error", reject).end();
    });
  const asked: Promise<void>[] = [];
  while (asked.length < count) {
    const due = Math.floor(((performance.now() - start) / 1000) * pacePerSecond);
    while (asked.length < Math.min(due, count)) {
      asked.push(ask(start + (asked.length / pacePerSecond) * 1000));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(asked);
  agent.destroy();
  return took;
}

const kinds: Readonly<Record<string, () => Promise<number[]>>> = {
  throughput,
  echo,
  connect: connections,
  pace,
};
const measure = kinds[kind];
if (measure === undefined) throw new Error(`unknown kind ${kind}`);
process.stdout.write(`${JSON.stringify(await measure())}\n`);
