import type { Duplex } from "node:stream";
import type { Random } from "@beemesh/base";
import {
  certificateBytesMax,
  type Issuer,
  isRenewalDue,
  type MemberDirectory,
  readCertificate,
  renew,
  writeCertificate,
} from "@beemesh/identity";
import type { PeerId } from "@beemesh/wire";

/** Streams between machines, as the mesh adapter gives them. */
interface Streams {
  openStream(peer: PeerId, name: string): Promise<Duplex>;
  handleStream(name: string, handler: (peer: PeerId, stream: Duplex) => void): Promise<void>;
}

export interface RenewalOptions {
  readonly self: PeerId;
  readonly directory: MemberDirectory;
  readonly streams: Streams;
  /** Connected members. */
  readonly peers: () => readonly PeerId[];
  readonly random: Random;
  /** The right to admit members, on a machine that holds the owner's key. */
  readonly issuer: () => Issuer | undefined;
  /** The mesh's time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** This machine's certificate was renewed: keep it, and show it to others. */
  readonly onRenewed: (certificate: string) => void;
}

/** The streams' protocol name between machines. */
const streamName = "renew";
/** Members asked at one time: most hold no owner's key, and the next look asks others. */
const askedMax = 3;
/** How long a member may take to answer, in milliseconds. */
const answerMsMax = 5000;

/**
 * Renews membership: a machine whose certificate nears its end, or hangs on a join token, asks
 * members for a fresh one; a machine that holds the owner's key gives it. What it certifies is
 * what the mesh certified before: nothing is gained by asking.
 */
export class Renewal {
  readonly #options: RenewalOptions;
  #isLooking = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** Answers members that ask. */
  serve(): Promise<void> {
    return this.#options.streams.handleStream(streamName, (peer, stream) => {
      stream.on("error", () => stream.destroy());
      stream.resume();
      stream.end(this.#freshFor(peer) ?? "");
    });
  }

  /** Renews this machine's own certificate if it is due. Rejects with what `onRenewed` throws. */
  async look(): Promise<void> {
    if (this.#isLooking || !this.#isDue(this.#options.self)) return;
    this.#isLooking = true;
    try {
      const own = this.#freshFor(this.#options.self);
      if (own !== undefined) this.#take(own);
      else await this.#ask();
    } finally {
      this.#isLooking = false;
    }
  }

  async #ask(): Promise<void> {
    const { peers, random } = this.#options;
    const waiting = [...peers()];
    for (let asked = 0; asked < askedMax && waiting.length > 0; asked += 1) {
      const [peer = ""] = waiting.splice(random.below(waiting.length), 1);
      const text = await this.#askOne(peer).catch(() => "");
      if (this.#take(text)) return;
    }
  }

  async #askOne(peer: PeerId): Promise<string> {
    const stream = await this.#options.streams.openStream(peer, streamName);
    const timer = setTimeout(() => stream.destroy(new Error("no answer")), answerMsMax);
    try {
      // There is nothing to say: who asks is known by the connection.
      stream.end();
      let text = "";
      for await (const chunk of stream.setEncoding("utf8")) {
        text += String(chunk);
        if (text.length > certificateBytesMax) return "";
      }
      return text;
    } finally {
      clearTimeout(timer);
      stream.destroy();
    }
  }

  /** Believes a certificate only if it is good, this machine's own, and needs no renewal. */
  #take(text: string): boolean {
    const { self, directory, nowMs, onRenewed } = this.#options;
    const chain = readCertificate(text);
    if (chain === undefined || isRenewalDue(chain, nowMs())) return false;
    if (directory.admit(text, self).kind !== "admitted") return false;
    // Of two good certificates the newer counts; this one may not have been it.
    if (directory.certificateOf(self) !== text) return false;
    onRenewed(text);
    return true;
  }

  /** A fresh certificate for a member that needs one, if this machine may give it. */
  #freshFor(peer: PeerId): string | undefined {
    const { directory, issuer, nowMs } = this.#options;
    const member = directory.get(peer);
    const by = this.#isDue(peer) ? issuer() : undefined;
    if (member === undefined || by === undefined) return undefined;
    const certificate = writeCertificate(renew(by, member, nowMs()));
    directory.introduce(certificate);
    return certificate;
  }

  #isDue(peer: PeerId): boolean {
    const { directory, nowMs } = this.#options;
    const chain = readCertificate(directory.certificateOf(peer) ?? "");
    return chain !== undefined && isRenewalDue(chain, nowMs());
  }
}
