import type { AdmittedProtocol, Caller } from "@beemesh/workload";
import type { Channel } from "./channel.ts";

/** Whether a caller may enter. */
export interface Verdict {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Verdicts that are kept; beyond it all are forgotten, and asked for again. */
const verdictsMax = 8192;

const unknown: Verdict = { allowed: false, reason: "the machine does not say who may enter" };

/** Who may enter at which port, as the machine has said it, until it says that it has changed. */
export class Verdicts {
  readonly #channel: Channel;
  readonly #known = new Map<string, Verdict>();
  /** Changes when everything is forgotten: an answer from before is used, but not kept. */
  #age = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  known(caller: Caller, protocol: AdmittedProtocol, port: number): Verdict | undefined {
    return this.#known.get(nameOf(caller, protocol, port));
  }

  async find(caller: Caller, protocol: AdmittedProtocol, port: number): Promise<Verdict> {
    const name = nameOf(caller, protocol, port);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const age = this.#age;
    const answer = await this.#channel.ask({ kind: "admit", caller, protocol, port });
    if (answer === undefined) return unknown;
    const { allowed, reason } = answer;
    if (age !== this.#age) return { allowed, reason };
    if (this.#known.size >= verdictsMax) this.#known.clear();
    this.#known.set(name, { allowed, reason });
    return { allowed, reason };
  }

  forget(): void {
    this.#age += 1;
    this.#known.clear();
  }
}

function nameOf(caller: Caller, protocol: AdmittedProtocol, port: number): string {
  const { issuer, uid, namespace, serviceAccount } = caller;
  return `${issuer} ${uid} ${namespace} ${serviceAccount} ${protocol} ${port}`;
}
