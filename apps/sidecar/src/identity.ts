import { createPrivateKey, generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import { TlsContext } from "@beemesh/kernel";
import type { Channel } from "./channel.ts";

/** What new connections are made with. */
export interface Credentials {
  readonly context: TlsContext;
  readonly notAfterMs: number;
  /** In PEM. */
  readonly certificate: string;
  /** base64 of the ECDSA signature of a text, with SHA-256. */
  readonly sign: (text: string) => string;
}

export interface IdentityOptions {
  readonly channel: Channel;
  /** Milliseconds of the mesh's clock. */
  readonly nowMs: () => number;
  /** There are new credentials; connections that exist go on with the old ones. */
  readonly onRenewed: () => void;
}

/** Wait after a machine that did not certify. */
const againMs = 1000;

/** A certificate is renewed at half its life, but not more often than this. */
const renewalMsMin = 1000;

/** The longest wait that a timer of Node takes. */
const timerMsMax = 2 ** 31 - 1;

const newKeyPair = promisify(generateKeyPair);

/**
 * The workload's identity: a key that is made here, is never written anywhere, and is replaced
 * together with its certificate at half the certificate's life.
 */
export class Identity {
  readonly #options: IdentityOptions;
  #credentials: Credentials | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #waiting: ((credentials: Credentials | undefined) => void)[] = [];

  constructor(options: IdentityOptions) {
    this.#options = options;
  }

  /** Undefined until the machine has certified the first key, and when the last one has expired. */
  get credentials(): Credentials | undefined {
    const held = this.#credentials;
    return held !== undefined && held.notAfterMs > this.#options.nowMs() ? held : undefined;
  }

  /** How long the certificate is still good; 0 without one. */
  get remainingMs(): number {
    return Math.max(0, (this.#credentials?.notAfterMs ?? 0) - this.#options.nowMs());
  }

  /** Asks for a certificate now, and again and again for as long as this process lives. */
  async renew(): Promise<void> {
    clearTimeout(this.#timer);
    const { privateKey, publicKey } = await newKeyPair("ec", {
      namedCurve: "P-256",
      privateKeyEncoding: { format: "der", type: "pkcs8" },
      publicKeyEncoding: { format: "der", type: "spki" },
    });
    const answer = await this.#options.channel.ask({
      kind: "certify",
      publicKey: publicKey.toString("base64"),
    });
    if (this.#isClosed) return;
    const key = createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
    const context = answer && contextOf(privateKey, answer.certificate);
    if (answer === undefined || context === undefined) {
      this.#renewIn(againMs);
      return;
    }
    const { notAfterMs, certificate } = answer;
    const signed = (text: string): string =>
      sign("sha256", Buffer.from(text), key).toString("base64");
    this.#credentials = { context, notAfterMs, certificate, sign: signed };
    const lifeMs = notAfterMs - this.#options.nowMs();
    this.#renewIn(Math.max(renewalMsMin, lifeMs / 2));
    for (const resolve of this.#waiting.splice(0)) resolve(this.credentials);
    this.#options.onRenewed();
  }

  /** The credentials, as soon as there are some; undefined if this process ends before. */
  whenReady(): Promise<Credentials | undefined> {
    const { credentials } = this;
    if (credentials !== undefined || this.#isClosed) return Promise.resolve(credentials);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #renewIn(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.renew(), Math.min(waitMs, timerMsMax));
  }
}

function contextOf(key: Uint8Array, certificate: string): TlsContext | undefined {
  try {
    return new TlsContext(key, certificate);
  } catch {
    return undefined;
  }
}
