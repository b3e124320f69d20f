import { isJsonObject, type Json, type JsonObject, type PeerId, parseJson } from "@beemesh/wire";
import type { FrameChannel } from "./frame-channel.ts";

/** The largest frame of the handshake: a certificate and a few addresses. */
export const handshakeBytesMax = 64 * 1024;

/** The longest reason that is taken over from a peer. */
const reasonLengthMax = 200;

/** Members, and addresses of each, that one side tells the other at the door. */
const introductionsMax = 16;
const addressesMax = 8;
const addressLengthMax = 256;

/** What this machine shows and asks at the door. */
export interface Door {
  /** This machine's certificate, as text. */
  readonly certificate: () => string;
  /** Why the peer's certificate is not good; undefined if it is. */
  readonly judge: (certificate: string) => string | undefined;
  /** Members that the peer may want to meet: only members learn of them. */
  readonly introductions: () => readonly Introduction[];
}

export interface Introduction {
  readonly peer: PeerId;
  readonly addresses: readonly string[];
}

export type HandshakeResult =
  | { readonly kind: "admitted"; readonly introductions: readonly Introduction[] }
  /** `by` says who refuses whom. */
  | { readonly kind: "refused"; readonly by: "us" | "them"; readonly reason: string };

/**
 * The dialer's part of the admission: shows its certificate, judges the other's, and says yes or
 * no. Both are in when each has heard the other's yes. Rejects if the channel closes before.
 */
export async function knock(channel: FrameChannel, door: Door): Promise<HandshakeResult> {
  say(channel, { certificate: door.certificate() });
  const answer = await hear(channel);
  const refusal = refusalIn(answer);
  if (refusal !== undefined) return refusal;
  const reason = judge(answer, door);
  if (reason !== undefined) return refuse(channel, reason);
  say(channel, { yes: introductionsText(door) });
  return { kind: "admitted", introductions: readIntroductions(answer["yes"]) };
}

/**
 * The other's part: it judges first, and shows nothing to who is no member.
 *
 * @param onJudged - Called when the peer's certificate was found good, before it learns of that.
 */
export async function admit(
  channel: FrameChannel,
  door: Door,
  onJudged: () => void,
): Promise<HandshakeResult> {
  const reason = judge(await hear(channel), door);
  if (reason !== undefined) return refuse(channel, reason);
  onJudged();
  say(channel, { certificate: door.certificate(), yes: introductionsText(door) });
  const last = await hear(channel);
  return refusalIn(last) ?? { kind: "admitted", introductions: readIntroductions(last["yes"]) };
}

function judge(said: JsonObject, door: Door): string | undefined {
  const { certificate } = said;
  return typeof certificate === "string" ? door.judge(certificate) : "no certificate";
}

function refuse(channel: FrameChannel, reason: string): HandshakeResult {
  say(channel, { no: reason });
  return { kind: "refused", by: "us", reason };
}

function refusalIn({ no }: JsonObject): HandshakeResult | undefined {
  if (no === undefined) return undefined;
  const reason = typeof no === "string" ? no.slice(0, reasonLengthMax) : "no reason";
  return { kind: "refused", by: "them", reason };
}

function introductionsText(door: Door): Json {
  return door
    .introductions()
    .slice(0, introductionsMax)
    .map(({ peer, addresses }) => [peer, ...addresses.slice(0, addressesMax)]);
}

function readIntroductions(said: Json | undefined): readonly Introduction[] {
  if (!Array.isArray(said)) return [];
  return said.slice(0, introductionsMax).flatMap((item) => {
    if (!Array.isArray(item) || !item.every(isShortText)) return [];
    const [peer, ...addresses] = item;
    return peer === undefined ? [] : [{ peer, addresses: addresses.slice(0, addressesMax) }];
  });
}

function isShortText(value: unknown): value is string {
  return typeof value === "string" && value.length <= addressLengthMax;
}

function say(channel: FrameChannel, said: JsonObject): void {
  channel.write(Buffer.from(JSON.stringify(said)));
}

async function hear(channel: FrameChannel): Promise<JsonObject> {
  const text = Buffer.from(await channel.read()).toString();
  const said = parseJson(text, { lengthMax: handshakeBytesMax, depthMax: 4 });
  return isJsonObject(said) ? said : {};
}
