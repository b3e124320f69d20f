import { unreachable } from "@beemesh/base";
import { isOfClass } from "./ascii.ts";
import { headBytesMax } from "./head-buffer.ts";
import { type HttpFault, headersMax } from "./http-fields.ts";

/** The fields after the last chunk (RFC 9112, section 7.1.2), byte by byte and not kept. */
export class Trailers {
  #state: "start" | "name" | "value" | "lineFeed" | "lastLineFeed" | "done" = "start";
  #size = 0;
  #count = 0;
  #fault: HttpFault | undefined;

  get isDone(): boolean {
    return this.#state === "done";
  }

  get fault(): HttpFault | undefined {
    return this.#fault;
  }

  step(byte: number): void {
    this.#size += 1;
    if (this.#size > headBytesMax) return this.#fail("trailers too large", 431);
    switch (this.#state) {
      case "start":
        return this.#onStart(byte);
      case "name":
        return this.#onField(byte, "token", 58);
      case "value":
        return this.#onField(byte, "value", 13);
      case "lineFeed":
      case "lastLineFeed":
      case "done":
        if (byte !== 10) return this.#fail("bare CR");
        this.#state = this.#state === "lineFeed" ? "start" : "done";
        return undefined;
      default:
        return unreachable(this.#state);
    }
  }

  #onStart(byte: number): void {
    if (byte === 13) {
      this.#state = "lastLineFeed";
      return;
    }
    this.#count += 1;
    if (this.#count > headersMax) this.#fail("too many trailers", 431);
    else if (!isOfClass(byte, "token")) this.#fail("malformed trailer");
    this.#state = "name";
  }

  #onField(byte: number, kind: "token" | "value", last: number): void {
    if (byte === last) this.#state = kind === "token" ? "value" : "lineFeed";
    else if (!isOfClass(byte, kind)) this.#fail("malformed trailer");
  }

  #fail(reason: string, status: 400 | 431 = 400): void {
    this.#fault = { status, reason };
  }
}
