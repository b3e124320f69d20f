import { instantAt } from "@beemesh/base";
import type { NameRecord } from "@beemesh/workload";
import { NameServer, type NameServerEffect, type NameServerEvent } from "./name-server.ts";
import { readReply } from "./reply-reader.ts";
import { type QueryText, queryBytes } from "./test-query.ts";

/** A name server with a clock, and what happened to it as lines of text. */
export class NameServerStage {
  readonly server = new NameServer();
  readonly lines: string[] = [];
  #ms = 0;
  #queries = 0;

  at(ms: number): this {
    this.#ms = ms;
    return this;
  }

  /** Asks for a name; the id of the query counts from 1. */
  query(
    name: string,
    text: QueryText & { readonly transport?: "udp" | "tcp" } = {},
  ): readonly NameServerEffect[] {
    const id = (this.#queries += 1);
    const { transport = "udp", ...rest } = text;
    const event = { kind: "query", id, bytes: queryBytes(name, rest), transport } as const;
    return this.step(event, `query ${id} ${name} type ${rest.type ?? 1} ${transport}`);
  }

  answer(
    id: number,
    status: "found" | "absent" | "refused",
    ...addresses: readonly string[]
  ): readonly NameServerEffect[] {
    const records = addresses.map((address): NameRecord => ({ type: "A", name: "web", address }));
    const answer = { id, status, ttlSeconds: 5, records };
    return this.step(
      { kind: "answered", answer },
      `answered ${id} ${status} ${addresses.join(" ")}`,
    );
  }

  step(event: NameServerEvent, text: string = event.kind): readonly NameServerEffect[] {
    const now = { at: instantAt(this.#ms), wallMs: 0 };
    const effects = this.server.step(event, now);
    this.lines.push(`${this.#ms} ms: ${text.trim()}`);
    for (const effect of effects) this.lines.push(`    ${lineOf(effect)}`);
    return effects;
  }
}

function lineOf(effect: NameServerEffect): string {
  if (effect.kind === "wake") return `wake ${effect.at} ms`;
  if (effect.kind === "ask") return `ask ${effect.id} ${effect.name} ${effect.type}`;
  if (effect.kind === "drop") return `drop ${effect.id} ${effect.cause}`;
  const reply = readReply(effect.bytes);
  const addresses = reply?.answers.map((record) => ("address" in record ? record.address : "?"));
  const ttl = reply?.ttls[0] === undefined ? "" : ` ttl ${reply.ttls[0]}`;
  return `reply ${effect.id} code ${reply?.code} [${addresses?.join(" ")}]${ttl}`;
}
