import { assert, instantAt, type Now, seededRandom } from "@beemesh/base";
import { bytesOf, textOf } from "./ascii.ts";
import { Balancer } from "./balancer.ts";
import { HttpExchange } from "./exchange.ts";
import {
  defaultTimeouts,
  type ExchangeEffect,
  type ExchangeEvent,
  type ExchangeTimeouts,
} from "./exchange-event.ts";
import { triesMax } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface ScriptOptions {
  /** Uids of the route's endpoints. */
  readonly endpoints?: readonly string[];
  readonly timeouts?: Partial<ExchangeTimeouts>;
  readonly triesMax?: number;
  readonly traceShare?: number;
  readonly seed?: number;
  readonly budget?: RetryBudget;
}

/**
 * One exchange, led by lines of text: the time in milliseconds, the event, the connection's id
 * where there is one, and bytes with `|` for the ends of lines.
 *
 *     0 client GET / HTTP/1.1|Host: a||
 *     3 opened 1
 *     9 upstream 1 HTTP/1.1 204 No Content||
 */
export class ExchangeScript {
  readonly exchange: HttpExchange;
  readonly balancer = new Balancer();
  readonly effects: ExchangeEffect[] = [];

  constructor(options: ScriptOptions = {}) {
    const endpoints = options.endpoints ?? ["u1", "u2"];
    this.balancer.update(
      endpoints.map((uid) => ({ uid })),
      instantAt(0),
    );
    this.exchange = new HttpExchange(
      {
        balancer: this.balancer,
        budget: options.budget ?? new RetryBudget(),
        random: seededRandom(options.seed ?? 1),
        timeouts: { ...defaultTimeouts, ...options.timeouts },
        triesMax: options.triesMax ?? triesMax,
        traceShare: options.traceShare,
      },
      nowAt(0),
    );
  }

  /** Runs one line, and gives its effects as lines. */
  run(line: string): readonly string[] {
    const [, atMs = "0", word = "", rest = ""] = /^(\d+) (\w+) ?([\s\S]*)$/u.exec(line) ?? [];
    const effects = this.exchange.step(eventOf(word, rest), nowAt(Number(atMs)));
    this.effects.push(...effects);
    return effects.map(lineOf);
  }

  /** Runs lines, and gives them with their effects below each. */
  trace(lines: readonly string[]): string {
    return lines
      .map(
        (line) => `${[`> ${line}`, ...this.run(line).map((text) => `    ${text}`)].join("\n")}\n`,
      )
      .join("");
  }

  /** What the client has been sent so far, or the endpoint of the connection `id`. */
  written(id?: number): string {
    return this.effects
      .map((effect) => {
        if (effect.kind === "toClient") return id === undefined ? textOf(effect.bytes) : "";
        return effect.kind === "toUpstream" && effect.id === id ? textOf(effect.bytes) : "";
      })
      .join("");
  }
}

function nowAt(atMs: number): Now {
  return { at: instantAt(atMs), wallMs: 1000 + atMs };
}

const clientWords = ["clientEnd", "clientGone", "clientFull", "clientDrained", "tick"] as const;
const upstreamWords = [
  "opened",
  "openFailed",
  "upstreamEnd",
  "upstreamGone",
  "upstreamFull",
  "upstreamDrained",
] as const;

function eventOf(word: string, rest: string): ExchangeEvent {
  const [id = "", ...others] = rest.split(" ");
  if (word === "client") return { kind: word, bytes: bytesIn(rest) };
  if (word === "upstream") return { kind: word, id: Number(id), bytes: bytesIn(others.join(" ")) };
  if (rest.endsWith(" full")) return { kind: "openFailed", id: Number(id), why: "full" };
  const ofUpstream = upstreamWords.find((kind) => kind === word);
  if (ofUpstream !== undefined) return { kind: ofUpstream, id: Number(id) };
  const ofClient = clientWords.find((kind) => kind === word);
  assert(ofClient !== undefined, `${word} is an event`);
  return { kind: ofClient };
}

function bytesIn(text: string): Uint8Array {
  return bytesOf(text.replaceAll("|", "\r\n"));
}

function lineOf(effect: ExchangeEffect): string {
  if (effect.kind === "note") return `note ${JSON.stringify(effect.note)}`;
  const { kind, ...facts } = effect;
  if ("bytes" in facts) {
    const text = textOf(facts.bytes).replaceAll("\r\n", "|").replaceAll("\n", "\\n");
    return "id" in facts ? `${kind} ${facts.id} ${text}` : `${kind} ${text}`;
  }
  return [kind, ...Object.values(facts)].join(" ").trimEnd();
}
