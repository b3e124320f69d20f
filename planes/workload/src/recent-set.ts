/** The members added last, at most so many. */
export class RecentSet {
  readonly #members = new Set<string>();
  readonly #membersMax: number;

  constructor(membersMax: number) {
    this.#membersMax = membersMax;
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }

  /** Adds a member as the newest. Returns whether an old one had to go for it. */
  add(member: string): boolean {
    this.#members.delete(member);
    this.#members.add(member);
    const [oldest] = this.#members;
    if (this.#members.size <= this.#membersMax || oldest === undefined) return false;
    this.#members.delete(oldest);
    return true;
  }
}
