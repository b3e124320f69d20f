import { isOfClass } from "./ascii.ts";

type State = "nameStart" | "name" | "valueStart" | "value" | "quoted" | "quotedEnd";

const semicolon = 59;
const equals = 61;
const quote = 34;
const backslash = 92;

/** Which state comes after which byte; what is not here is a token's byte, or a fault. */
const nexts: Readonly<Record<State, Readonly<Record<number, State>>>> = {
  nameStart: {},
  name: { [equals]: "valueStart", [semicolon]: "nameStart" },
  valueStart: { [quote]: "quoted" },
  value: { [semicolon]: "nameStart" },
  quoted: { [quote]: "quotedEnd" },
  quotedEnd: { [semicolon]: "nameStart" },
};

/**
 * What stands beside a chunk's size (RFC 9112, section 7.1.1): `;name=value`, without the white
 * space and the escapes that nobody writes and that parsers read differently.
 */
export class ChunkExtension {
  #state: State = "nameStart";

  /** Whether the line may end here. */
  get isWhole(): boolean {
    return this.#state === "name" || this.#state === "value" || this.#state === "quotedEnd";
  }

  /** Takes one byte; false if it does not belong. */
  step(byte: number): boolean {
    const next = nexts[this.#state][byte];
    if (next !== undefined) this.#state = next;
    else if (this.#state === "quoted") return byte !== backslash && isOfClass(byte, "value");
    else if (this.#state === "quotedEnd" || !isOfClass(byte, "token")) return false;
    else this.#state = this.#state === "name" || this.#state === "nameStart" ? "name" : "value";
    return true;
  }
}
