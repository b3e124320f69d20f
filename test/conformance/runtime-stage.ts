/** The stage on which every Runtime is tested: the bench with short words for what tests do most. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type {
  ContainerPlan,
  ExecOptions,
  LogOptions,
  PodPlan,
  Runtime,
  RuntimeEvent,
} from "../../core/ports/src/index.ts";

/** A runtime to be tested, and what the test must be able to do to it. */
export interface RuntimeBench {
  readonly runtime: Runtime;
  /**
   * An image with a POSIX shell. Without a command it serves, on port 8080, its host name at `/`
   * and a good status at `/healthz`.
   */
  readonly image: string;
  /** How a command in a container names what is mounted at `path`. */
  path(path: string): string;
  /** The runtime of a daemon that was killed and started again. */
  restart(): Promise<Runtime>;
  /** Removes a pod as somebody would who does not ask the runtime. */
  removeBehind(uid: string): Promise<void>;
  /** Ends and removes everything. */
  dispose(): Promise<void>;
}

/** Nothing that a test waits for takes longer, even on a machine that does much else. */
export const patienceMs = 20_000;

/** A log as it is now. */
export const once: LogOptions = { follow: false, previous: false, timestamps: false };

/** The bench with short words for what the tests do most. */
export class Stage {
  readonly #make: () => Promise<RuntimeBench>;
  #bench: RuntimeBench | undefined;
  #runtime: Runtime | undefined;

  constructor(make: () => Promise<RuntimeBench>) {
    this.#make = make;
  }

  async open(): Promise<void> {
    this.#bench = await this.#make();
    this.#runtime = this.#bench.runtime;
  }

  async close(): Promise<void> {
    await this.#bench?.dispose();
  }

  get bench(): RuntimeBench {
    assert(this.#bench !== undefined, "the bench is made before the tests");
    return this.#bench;
  }

  get runtime(): Runtime {
    assert(this.#runtime !== undefined, "the runtime is made before the tests");
    return this.#runtime;
  }

  async restart(): Promise<void> {
    this.#runtime = await this.bench.restart();
  }

  container(plan: Partial<ContainerPlan> = {}): ContainerPlan {
    return {
      name: "app",
      image: this.bench.image,
      pull: "IfNotPresent",
      command: [],
      args: [],
      env: [],
      mounts: [],
      ports: [],
      stdin: false,
      tty: false,
      ...plan,
    };
  }

  /** A container that runs a script of the shell. */
  script(script: string, plan: Partial<ContainerPlan> = {}): ContainerPlan {
    return this.container({ command: ["sh", "-c", script], ...plan });
  }

  /** Makes a pod for one test and removes it afterwards. */
  async withPod(run: (uid: string) => Promise<void>, plan: Partial<PodPlan> = {}): Promise<void> {
    const uid = randomUUID();
    const pod: PodPlan = {
      uid,
      namespace: "default",
      name: `web-${uid.slice(0, 5)}`,
      hostname: `host-${uid.slice(0, 5)}`,
      labels: { app: "web" },
      volumes: [],
      resolver: { nameservers: [], searches: [], options: [] },
      terminationGraceMs: 0,
      ...plan,
    };
    try {
      await this.runtime.createPod(pod);
      await run(uid);
    } finally {
      await this.runtime.removePod(uid, 0);
    }
  }

  /** Runs a script to its end and gives all that it wrote. */
  async output(uid: string, container: ContainerPlan, attempt = 0): Promise<string> {
    const exited = this.exit(uid, container.name);
    await this.runtime.startContainer(uid, container, attempt);
    await exited;
    return this.log(uid, container.name);
  }

  async log(uid: string, container: string, options: Partial<LogOptions> = {}): Promise<string> {
    return read(await this.runtime.logs(uid, container, { ...once, ...options }));
  }

  async exec(
    uid: string,
    command: readonly string[],
    options: Partial<ExecOptions> & { readonly input?: string } = {},
  ): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
    const { input, ...others } = options;
    const wish = { command, stdin: input !== undefined, tty: false, ...others };
    const session = await this.runtime.exec(uid, "app", wish);
    if (session.stdin instanceof Writable) session.stdin.end(input);
    const err = session.stderr === undefined ? undefined : read(session.stderr);
    const out = await read(session.stdout);
    return { out, err: (await err) ?? "", code: await session.exitCode };
  }

  /** The next event that is wanted. */
  next<Kind extends RuntimeEvent["kind"]>(
    kind: Kind,
    isWanted: (event: Extract<RuntimeEvent, { kind: Kind }>) => boolean,
  ): Promise<Extract<RuntimeEvent, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no ${kind} event within ${patienceMs} ms`));
      }, patienceMs);
      const stop = this.runtime.onEvent((event) => {
        if (!isKind(event, kind) || !isWanted(event)) return;
        clearTimeout(timer);
        stop();
        resolve(event);
      });
    });
  }

  exit(uid: string, container = "app"): Promise<Extract<RuntimeEvent, { kind: "exited" }>> {
    return this.next("exited", (event) => event.uid === uid && event.container === container);
  }
}

function isKind<Kind extends RuntimeEvent["kind"]>(
  event: RuntimeEvent,
  kind: Kind,
): event is Extract<RuntimeEvent, { kind: Kind }> {
  return event.kind === kind;
}

/** All that a stream of a runtime gives. */
export async function read(stream: unknown): Promise<string> {
  assert(stream instanceof Readable, "a runtime's streams are Node's");
  return text(stream);
}

/** Asks until the answer is good: a service needs a moment to come up. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isGood(answer) || performance.now() > until) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
