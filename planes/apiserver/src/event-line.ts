/**
 * The text of a watch's event. One change goes to all who watch, one after the other: what was
 * written for one of them is not written again for the next.
 */
export class EventLines {
  #type = "";
  #object: unknown;
  #line = "";

  /** The line of an event about an object; the same object must not have changed since. */
  lineOf(type: string, object: unknown): string {
    if (this.#object === object && this.#type === type) return this.#line;
    this.#type = type;
    this.#object = object;
    this.#line = `${JSON.stringify({ type, object })}\n`;
    return this.#line;
  }

  /** Lets go of the last object. */
  clear(): void {
    this.#type = "";
    this.#object = undefined;
    this.#line = "";
  }
}
