/** One version of kubectl, asked for one machine. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "../../apps/dev/src/index.ts";

/** Longest that a command may take that ends by itself, in milliseconds. */
const commandMsMax = 60_000;

/** Longest to wait for what a command that goes on is to print, in milliseconds. */
const printMsMax = 30_000;

/** Who is gone in a moment need not collect garbage, which is a quarter of what it takes. */
const short = { ...process.env, GOGC: "off" };

/** What kubectl said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How kubectl is asked, besides its arguments. */
export interface Manner {
  /** What stands on its standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Arguments: a list, or a text that is split at its spaces. */
export type Words = string | readonly string[];

export class Client {
  /** As the table calls it: `1.33`. */
  readonly version: string;
  readonly minor: number;
  readonly path: string;

  constructor(path: string, minor: number) {
    this.path = path;
    this.minor = minor;
    this.version = `1.${minor}`;
  }

  /** Runs a command to its end. */
  run(words: Words, common: readonly string[], manner: Manner = {}): Promise<Said> {
    return new Promise((resolve) => {
      const child = execFile(
        this.path,
        argvOf(words, common),
        { timeout: commandMsMax, maxBuffer: 1 << 26, env: { ...short, ...manner.env } },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? 255), stdout, stderr }),
      );
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(manner.input ?? "");
    });
  }

  /** Starts a command that goes on; whoever starts it ends it. */
  start(words: Words, common: readonly string[], manner: Manner = {}): Going {
    const env = { ...process.env, ...manner.env };
    return new Going(spawn(this.path, argvOf(words, common), { stdio: "pipe", env }));
  }
}

/** What is common goes first: after `--` all is the container's. */
function argvOf(words: Words, common: readonly string[]): string[] {
  return [...common, ...wordsOf(words)];
}

/** The arguments one by one. */
export function wordsOf(words: Words): readonly string[] {
  return typeof words === "string" ? words.trim().split(/\s+/u) : words;
}

/** A kubectl that goes on: it watches, follows, forwards, or waits for what one types. */
export class Going {
  readonly #child: ChildProcess;
  #output = "";
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    child.stdin?.on("error", () => undefined);
    child.once("close", () => {
      this.#hasEnded = true;
    });
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#output;
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until what it printed matches; gives the match. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const what = `kubectl print ${pattern}`;
    try {
      const { found } = await until(what, printMsMax, () => {
        const match = pattern.exec(this.#output);
        if (match === null && this.#hasEnded) throw new Error("it has ended");
        return match ?? undefined;
      });
      return found;
    } catch (error) {
      throw new Error(`${what}: it printed ${JSON.stringify(this.#output)}`, { cause: error });
    }
  }

  /** Closes its standard input and waits for its end; gives the exit code. */
  async ends(): Promise<number> {
    this.#child.stdin?.end();
    if (!this.#hasEnded) {
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), commandMsMax);
      await once(this.#child, "close");
      clearTimeout(timer);
    }
    return this.#child.exitCode ?? 255;
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 3000);
    await once(this.#child, "close");
    clearTimeout(timer);
  }
}
