import { assert, BeeError } from "@beemesh/base";
import { bindNative } from "./libc.ts";

/** `UV_READABLE` and `UV_WRITABLE` (libuv, uv_poll_t). */
export const readable = 1;
export const writable = 2;
/** `UV_POLL` of libuv's list of handles. */
const pollHandle = 8;
/** Handles that are allocated at once. */
const slabHandles = 64;

/** Who wants to know when a descriptor is ready. */
export interface Watcher {
  /**
   * Whether what it does settles no promise and asks nothing of Node, so that nothing has to follow
   * it. This is a quarter of what a small message costs.
   */
  readonly isQuiet?: boolean;
  /**
   * The descriptor is ready for `events`, {@link readable} and {@link writable}. 0 says that it has
   * an error, and that nothing more will be told until {@link Readiness.watch} is called.
   */
  onReady(events: number): void;
}

interface Loop {
  readonly init: (handle: bigint, fd: number) => number;
  readonly start: (handle: bigint, events: number) => number;
  readonly stop: (handle: bigint) => number;
  readonly close: (handle: bigint) => void;
  readonly take: () => bigint;
}

/** Every handle that is not closed; libuv tells which one by its pointer. */
const watchers = new Map<bigint, Watcher>();
/** Memory of handles that libuv has let go. */
const free: bigint[] = [];
/** Keeps the memory of handles where it is; they are used again and again, so it never shrinks. */
const slabs: Buffer[] = [];
let opened: Loop | undefined;

/**
 * Tells when a descriptor is ready, by the process's own event loop (libuv), as often as it is
 * ready: what is not read is told again.
 */
export class Readiness {
  readonly #handle: bigint;
  #events = 0;
  #isClosed = false;

  /**
   * @param fd - Of a socket, non-blocking; it must stay open until {@link close}.
   * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
   */
  constructor(fd: number, watcher: Watcher) {
    opened ??= openLoop();
    this.#handle = opened.take();
    const result = opened.init(this.#handle, fd);
    if (result !== 0) {
      free.push(this.#handle);
      throw new BeeError("kernel-refused", `Cannot watch descriptor ${fd}: libuv says ${result}`);
    }
    watchers.set(this.#handle, watcher);
  }

  /** What to tell from now on: a sum of {@link readable} and {@link writable}. */
  watch(events: number): void {
    if (events === this.#events || this.#isClosed) return;
    this.#events = events;
    if (events === 0) opened?.stop(this.#handle);
    else assert(opened?.start(this.#handle, events) === 0, "a handle that is open starts");
  }

  /** libuv has stopped by itself. */
  forget(): void {
    this.#events = 0;
  }

  /** The descriptor may be closed after this; its watcher is told nothing more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    watchers.delete(this.#handle);
    opened?.close(this.#handle);
  }
}

/** What is done as soon as the current callback is over. */
let tasks: (() => void)[] = [];
let isScheduled = false;

/** Does something soon, but not within the callback that is running. */
export function later(task: () => void): void {
  tasks.push(task);
  schedule();
}

/**
 * Lets promises go on that were settled within a callback of the loop, and what else Node does when
 * a callback of its own is over: it does not know of these. For those who are quiet, and settle
 * something for once; after all others it is done anyway.
 */
export function settle(): void {
  schedule();
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(runTasks);
}

function runTasks(): void {
  isScheduled = false;
  if (tasks.length === 0) return;
  const now = tasks;
  tasks = [];
  for (const [index, task] of now.entries()) {
    try {
      task();
    } catch (error) {
      tasks = [...now.slice(index + 1), ...tasks];
      schedule();
      throw error;
    }
  }
}

function onPoll(handle: unknown, status: number, events: number): void {
  const watcher = typeof handle === "bigint" ? watchers.get(handle) : undefined;
  if (watcher?.isQuiet !== true) schedule();
  try {
    watcher?.onReady(status < 0 ? 0 : events);
  } catch (error) {
    // An exception must not go through native code: it is thrown where Node can report it.
    later(() => {
      throw error;
    });
  }
}

function openLoop(): Loop {
  return bindNative((ffi) => {
    const { lib, functions } = ffi.dlopen(null, {
      uv_handle_size: { arguments: ["i32"], return: "u64" },
      uv_poll_init: { arguments: ["pointer", "pointer", "i32"], return: "i32" },
      uv_poll_start: { arguments: ["pointer", "i32", "pointer"], return: "i32" },
      uv_poll_stop: { arguments: ["pointer"], return: "i32" },
      uv_close: { arguments: ["pointer", "pointer"], return: "void" },
    });
    const loop = ffi.getCurrentEventLoop();
    const size = Number(functions.uv_handle_size(pollHandle));
    const poll = lib.registerCallback(
      { arguments: ["pointer", "i32", "i32"], return: "void" },
      onPoll,
    );
    const closed = lib.registerCallback({ arguments: ["pointer"], return: "void" }, (handle) => {
      if (typeof handle === "bigint") free.push(handle);
    });
    // While a process ends, libuv goes on for a moment, and there is nobody left to be told.
    process.once("exit", () => {
      for (const handle of watchers.keys()) functions.uv_poll_stop(handle);
    });
    const grow = (): bigint => {
      const slab = Buffer.alloc(size * slabHandles);
      slabs.push(slab);
      const start = ffi.getRawPointer(slab);
      for (let index = 1; index < slabHandles; index += 1) free.push(start + BigInt(index * size));
      return start;
    };
    return {
      init: (handle, fd) => functions.uv_poll_init(loop, handle, fd),
      start: (handle, events) => functions.uv_poll_start(handle, events, poll),
      stop: functions.uv_poll_stop,
      close: (handle) => functions.uv_close(handle, closed),
      take: () => free.pop() ?? grow(),
    };
  });
}
