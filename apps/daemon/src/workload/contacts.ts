import type { TransportProtocol } from "@beemesh/workload";
import type { ConnectionPath } from "./dialer.ts";

/** Somebody a pod of this machine talked to, or was called by. */
export interface Contact {
  /** `out`: the pod of this machine called; `in`: it was called. */
  readonly direction: "in" | "out";
  /** Uid of the pod of this machine. */
  readonly pod: string;
  /** Uid of the other pod; a host for a program outside the mesh. */
  readonly peer: string;
  /** Of the other side; empty outside the mesh. */
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly protocol: TransportProtocol;
  readonly port: number;
  /** Empty for `in`: the caller's machine knows it. */
  readonly path: ConnectionPath | "";
}

/** A contact with how often and when it was last. */
export interface KnownContact extends Contact {
  /** Times that a connection was made or admitted anew; one serves many requests. */
  readonly count: number;
  readonly lastMs: number;
}

/** Contacts older than this are of the past. */
const recentMs = 10 * 60_000;

/** Contacts remembered; the one that was longest ago makes place. */
const contactsMax = 2048;

interface Entry {
  readonly contact: Contact;
  count: number;
  lastMs: number;
}

/** Who talked to whom lately, on this machine. */
export class Contacts {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;

  /** @param nowMs - The wall clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  note(contact: Contact): void {
    const { direction, pod, peer, protocol, port, path } = contact;
    const key = [direction, pod, peer, protocol, port, path].join(" ");
    const entry = this.#entries.get(key) ?? { contact, count: 0, lastMs: 0 };
    entry.count += 1;
    entry.lastMs = this.#nowMs();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > contactsMax && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** The latest first. */
  recent(): readonly KnownContact[] {
    const since = this.#nowMs() - recentMs;
    for (const [key, { lastMs }] of this.#entries) {
      if (lastMs >= since) break;
      this.#entries.delete(key);
    }
    return [...this.#entries.values()]
      .toReversed()
      .map(({ contact, count, lastMs }) => ({ ...contact, count, lastMs }));
  }
}
