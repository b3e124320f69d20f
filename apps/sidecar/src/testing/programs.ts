import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** What has become of a crowd's connections. */
export interface Crowd {
  readonly held: number;
  readonly gone: number;
}

/**
 * A program that opens connections, says nothing over any of them, and holds those that it may.
 * Tells of what has changed since the last was begun, a {@link Crowd} a line.
 *
 * @param targets - Host and port, taken in turn.
 */
export function crowdProgram(
  count: number,
  targets: readonly (readonly [string, number])[],
): string[] {
  const code = `
    const { connect } = require("node:net");
    const targets = ${JSON.stringify(targets)};
    let [begun, opening, held, gone, isToTell] = [0, 0, 0, 0, false];
    const tell = () => {
      if (isToTell || opening > 0 || begun < ${count}) return;
      isToTell = true;
      setImmediate(() => {
        isToTell = false;
        process.stdout.write(JSON.stringify({ held, gone }) + "\\n");
      });
    };
    const begin = () => {
      const [host, port] = targets[begun % targets.length];
      begun += 1;
      opening += 1;
      let isOpen = false;
      connect(port, host)
        .on("connect", () => { isOpen = true; opening -= 1; held += 1; next(); })
        .on("error", (error) => {
          if (error.code === "ECONNRESET") return;
          // The sidecar has never seen it: what failed is the test's own.
          process.stderr.write(error.message + "\\n");
          process.exit(1);
        })
        .on("close", () => {
          if (isOpen) held -= 1;
          else opening -= 1;
          gone += 1;
          next();
        });
    };
    const next = () => {
      while (begun < ${count} && opening < 100) begin();
      tell();
    };
    next();`;
  return [process.execPath, "-e", code];
}

/** Settled when so many of all connections of these crowds are gone; what is held then. */
export function crowdsAt(programs: readonly ChildProcess[], goneMin: number): Promise<Crowd> {
  const crowds = programs.map((): Crowd => ({ held: 0, gone: 0 }));
  return new Promise((resolve, reject) => {
    for (const [index, { stdout, exitCode }] of programs.entries()) {
      if (stdout === null || exitCode !== null) throw new Error("a crowd is heard");
      programs[index]?.once("exit", () => reject(new Error("a crowd has ended")));
      createInterface(stdout).on("line", (line) => {
        crowds[index] = JSON.parse(line);
        const held = crowds.reduce((sum, each) => sum + each.held, 0);
        const gone = crowds.reduce((sum, each) => sum + each.gone, 0);
        if (gone >= goneMin) resolve({ held, gone });
      });
    }
  });
}

/** A program that makes connections one after the other, a word there and back over each. */
export function shortProgram(count: number, host: string, port: number): string[] {
  const code = `
    let left = ${count};
    const next = () => {
      if (left === 0) return void process.stdout.write("done");
      left -= 1;
      require("node:net").connect(${port}, "${host}")
        .on("data", () => {})
        .on("close", next)
        .end("word");
    };
    next();`;
  return [process.execPath, "-e", code];
}

/** A program that sends one word and prints what comes back, or how it broke off. */
export function wordProgram(host: string, port: number): string[] {
  const code = `
    const socket = require("node:net").connect(${port}, "${host}");
    socket.on("error", (error) => process.stdout.write(error.code));
    socket.pipe(process.stdout);
    socket.end("word");`;
  return [process.execPath, "-e", code];
}

/** A program that gives back what comes to a port, until it is ended; says `up` first. */
export function echoProgram(port: number): string[] {
  const code = `
    require("node:net").createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
    }).listen(${port}, "::", 4096, () => process.stdout.write("up"));`;
  return [process.execPath, "-e", code];
}

/** Hears a program from now on; gives a function that waits until it has said a word. */
export function hearkenTo({ stdout }: ChildProcess): (word: string) => Promise<void> {
  if (stdout === null) throw new Error("a program of a test is heard");
  let text = "";
  stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return async (word) => {
    while (!text.includes(word)) await once(stdout, "data");
  };
}

/** Resident memory of a process, in megabytes. */
export function residentMegabytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Descriptors that a process has open. */
export function descriptorsOf(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** A number of a page of metrics; 0 if it is not there. */
export function metricOf(page: string, series: string): number {
  const line = page.split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
