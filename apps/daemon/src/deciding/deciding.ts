import type { Api } from "@beemesh/apiserver";
import type { Now } from "@beemesh/base";
import type { Machine } from "@beemesh/machine";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type { Host } from "../host.ts";
import { Asking } from "./asking.ts";
import { Court } from "./court.ts";
import { Judging } from "./judging.ts";
import { QuestionDesk } from "./question-desk.ts";
import { QuestionLines, type Streams } from "./question-lines.ts";

export interface DecidingOptions {
  readonly self: PeerId;
  readonly machine: Pick<Machine, "deciders" | "members" | "objects">;
  readonly api: Pick<Api, "revisionOf">;
  readonly host: Pick<Host, "dispatch" | "health">;
  readonly streams: Streams;
  readonly clock: () => Now;
  /** Brings here what a request is decided by. */
  readonly bring: (request: ApiRequest) => Promise<void>;
  /** Answers a request by what is here. */
  readonly handle: (request: ApiRequest) => FinalReply | Promise<FinalReply>;
  /** Waits until a write is held widely enough; gives warnings if it is not. */
  readonly acknowledged: (ticket: number) => Promise<readonly string[]>;
  readonly observe: (event: string, facts: Readonly<Record<string, string>>) => void;
}

/**
 * All writes to a collection are decided by one machine, its first living keeper, one after
 * another: here if that is this machine, else over a stream to it.
 */
export class Deciding {
  readonly #members: DecidingOptions["machine"]["members"];
  readonly #lines: QuestionLines;
  readonly #desk: QuestionDesk;
  readonly #court: Court;
  readonly #asking: Asking;

  constructor(options: DecidingOptions) {
    const { machine, streams } = options;
    const lines = new QuestionLines(streams);
    const court = new Court({ ...options, lines });
    const judging = new Judging({ ...options, court, lines });
    this.#members = () => machine.members();
    this.#lines = lines;
    this.#court = court;
    this.#asking = new Asking({
      ...options,
      court,
      lines,
      revision: () => machine.objects.revision,
    });
    this.#desk = new QuestionDesk((from, question) => judging.hear(from, question));
  }

  /** Decides what other machines are asked to write. */
  serve(streams: Streams): Promise<void> {
    return this.#desk.serve(streams);
  }

  /** Answers a request, by whoever decides it. */
  decide(request: ApiRequest): Promise<FinalReply> {
    return this.#asking.decide(request);
  }

  /** Machines came or went: others decide now. */
  machinesChanged(): void {
    const members = this.#members();
    const isGone = (peer: PeerId): boolean => {
      const state = members.get(peer)?.state;
      return state === "dead" || state === "left";
    };
    this.#court.machinesChanged(isGone);
    this.#lines.abandon(isGone);
  }

  close(): void {
    this.#desk.close();
    this.#lines.close();
  }
}
