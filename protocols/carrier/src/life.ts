import { assert } from "@beemesh/base";
import type { CarrierSignal } from "./reader.ts";

/** The end that opens connections, and the end that takes them. */
export type CarrierRole = "client" | "server";

export type CarrierPhase =
  /** Free for the next connection. */
  | "idle"
  /** OPEN is under way, and not answered. */
  | "opening"
  /** Both ends may send. */
  | "open"
  /** One end has sent its last frame, the other has not. */
  | "half-closed"
  /** Somebody broke the rules: it is good for nothing but to be closed. */
  | "dead";

/** Every kind of frame. */
type FrameKind = "open" | "refused" | "data" | CarrierSignal;

/**
 * The life of a carrier, the same rules at both ends. Each end ends its direction by exactly one
 * last frame: END, RESET, or, the server before it accepted, REFUSED. A connection is over when
 * both directions have ended, and then the carrier is idle: both ends know that nothing of the old
 * connection is under way, so whatever comes belongs to the next one.
 *
 *           OPEN           ACCEPTED         one last frame
 *     idle ──────▶ opening ─────────▶ open ────────────────▶ half-closed
 *      ▲               └───────── one last frame ─────────────▲   │
 *      └──────────────────────── the other last frame ────────────┘
 *
 * The client sends without waiting for ACCEPTED. After RESET or REFUSED from one end, the other
 * ends its direction too, by a RESET if it has nothing better to say; what it has sent before
 * is discarded by the reader, who waits for that last frame.
 */
export class CarrierLife {
  readonly #role: CarrierRole;
  #phase: CarrierPhase = "idle";
  #isAccepted = false;
  #hasSentLast = false;
  #hasReceivedLast = false;
  #isDiscarding = false;
  #connections = 0;

  constructor(role: CarrierRole) {
    this.#role = role;
  }

  get phase(): CarrierPhase {
    return this.#phase;
  }

  /** Whether the next connection may use it. */
  get isReusable(): boolean {
    return this.#phase === "idle";
  }

  /** Whether this end has sent RESET or REFUSED, and what it receives is nobody's. */
  get isDiscarding(): boolean {
    return this.#isDiscarding;
  }

  /** Whether this end has yet to send its last frame. */
  get owesLast(): boolean {
    return this.#phase !== "idle" && this.#phase !== "dead" && !this.#hasSentLast;
  }

  /** Whether the other end has yet to send its last frame. */
  get awaitsLast(): boolean {
    return this.#phase !== "idle" && this.#phase !== "dead" && !this.#hasReceivedLast;
  }

  /** Connections that it has carried, the present one included. */
  get connections(): number {
    return this.#connections;
  }

  /** Whether this end may send such a frame now. */
  maySend(kind: FrameKind): boolean {
    return this.#isAllowed(kind, this.#role, this.#hasSentLast);
  }

  /** This end sends a frame. It must be one that it may send. */
  send(kind: FrameKind): void {
    assert(this.maySend(kind), `a carrier that is ${this.#phase} may send ${kind}`);
    this.#isDiscarding ||= kind === "reset" || kind === "refused";
    this.#hasSentLast ||= isLast(kind);
    this.#move(kind);
  }

  /** The other end has sent a frame. @returns False if it may not: then the carrier is dead. */
  receive(kind: FrameKind): boolean {
    const other = this.#role === "client" ? "server" : "client";
    if (!this.#isAllowed(kind, other, this.#hasReceivedLast)) {
      this.#phase = "dead";
      return false;
    }
    this.#hasReceivedLast ||= isLast(kind);
    this.#move(kind);
    return true;
  }

  /** The connection beneath has gone, or nobody wants it any more. */
  kill(): void {
    this.#phase = "dead";
  }

  #isAllowed(kind: FrameKind, from: CarrierRole, hasEnded: boolean): boolean {
    if (this.#phase === "dead") return false;
    if (kind === "open") return from === "client" && this.#phase === "idle";
    if (this.#phase === "idle" || hasEnded) return false;
    if (from === "client") return kind !== "accepted" && kind !== "refused";
    const isAnswer = kind === "accepted" || kind === "refused";
    return isAnswer !== this.#isAccepted;
  }

  #move(kind: FrameKind): void {
    if (kind === "open") {
      this.#phase = "opening";
      this.#connections += 1;
      return;
    }
    this.#isAccepted ||= kind === "accepted";
    if (this.#hasSentLast && this.#hasReceivedLast) {
      this.#phase = "idle";
      this.#isAccepted = false;
      this.#hasSentLast = false;
      this.#hasReceivedLast = false;
      this.#isDiscarding = false;
    } else if (this.#hasSentLast || this.#hasReceivedLast) this.#phase = "half-closed";
    else if (this.#isAccepted) this.#phase = "open";
  }
}

function isLast(kind: FrameKind): boolean {
  return kind === "end" || kind === "reset" || kind === "refused";
}
