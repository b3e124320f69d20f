import { doubledMembers, type Json, parseJson } from "@beemesh/wire";
import type { Refusal } from "./kube-status.ts";
import { isRefusal } from "./kube-status.ts";
import type { GatewayLimits } from "./limits.ts";
import { parseLooseYaml } from "./manifest.ts";
import type { Incoming } from "./message.ts";

/** Objects nest some 20 deep; OpenAPI schemas in a CustomResourceDefinition go deeper. */
const depthMax = 64;

export type DecodeProtobuf = (bytes: Uint8Array) => Json | undefined;

/** A decoded body; `value` is undefined if there was none. */
export interface Body {
  readonly value: Json | undefined;
  /** What is said of members that an object is given twice. */
  readonly doubled?: readonly string[];
}

/** Reads the body of a request whole, within the limits of size and time. */
export async function readBody(
  incoming: Incoming,
  limits: Pick<GatewayLimits, "bodyBytesMax" | "bodyMsMax">,
): Promise<Buffer | Refusal> {
  const encoding = incoming.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    return { code: 415, message: `Cannot read the body: its encoding is ${encoding}` };
  }
  const tooLarge: Refusal = {
    code: 413,
    message: `Cannot read the body: it is larger than ${limits.bodyBytesMax} bytes`,
  };
  if (Number(incoming.headers["content-length"] ?? 0) > limits.bodyBytesMax) return tooLarge;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const settle = (result: Buffer | Refusal): void => {
      clearTimeout(timer);
      incoming.off("data", take);
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes > limits.bodyBytesMax) settle(tooLarge);
      else chunks.push(chunk);
    };
    const timer = setTimeout(() => {
      settle({ code: 408, message: `Cannot read the body: not whole in ${limits.bodyMsMax} ms` });
    }, limits.bodyMsMax);
    const broken: Refusal = { code: 400, message: "Cannot read the body: the client left" };
    incoming.on("data", take);
    incoming.once("end", () => settle(Buffer.concat(chunks)));
    incoming.once("error", () => settle(broken));
    incoming.once("close", () => settle(broken));
  });
}

/** Decodes a body by its media type: JSON, YAML or, with a decoder, Kubernetes' protobuf. */
export function decodeBody(
  bytes: Buffer,
  contentType: string,
  decodeProtobuf: DecodeProtobuf | undefined,
): Body | Refusal {
  if (bytes.length === 0) return { value: undefined };
  const value = decode(bytes, mediaTypeOf(contentType), decodeProtobuf);
  if (isRefusal(value)) return value;
  if (!("value" in value)) return value;
  return hasPrototypeMember(value.value)
    ? { code: 400, message: "Cannot take the body: __proto__ is no name that may be used" }
    : value;
}

/** The type without parameters, in lower case. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(";")[0] ?? "").trim().toLowerCase();
}

function decode(
  bytes: Buffer,
  mediaType: string,
  decodeProtobuf: DecodeProtobuf | undefined,
): Body | Refusal {
  if (mediaType === "application/vnd.kubernetes.protobuf" && decodeProtobuf) {
    const value = decodeProtobuf(bytes);
    return value === undefined ? malformed("protobuf") : { value };
  }
  const isJson = /^(?:|application\/(?:[\w.-]+\+)?json)$/u.test(mediaType);
  const isYaml = /^application\/(?:[\w.-]+\+)?yaml$/u.test(mediaType);
  if (!isJson && !isYaml) {
    return { code: 415, message: `Cannot read the body: its type is ${mediaType}` };
  }
  const text = decodeText(bytes);
  if (text === undefined) return malformed("UTF-8");
  if (isYaml) {
    const parsed = parseLooseYaml(text);
    return parsed.ok ? bodyOf(parsed.value) : { code: 400, message: parsed.message };
  }
  const value = parseJson(text, { lengthMax: bytes.length, depthMax });
  if (value === undefined) return malformed("JSON");
  const doubled = doubledMembers(text).map((path) => `duplicate field "${path}"`);
  return bodyOf({ value, doubled });
}

function bodyOf({ value, doubled }: Required<Body>): Body {
  return doubled.length === 0 ? { value } : { value, doubled };
}

function malformed(format: string): Refusal {
  return { code: 400, message: `Cannot read the body: it is not valid ${format}` };
}

function decodeText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** `__proto__` as a member would change what copies of the object inherit. */
function hasPrototypeMember(value: Json | undefined): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Object.hasOwn(value, "__proto__")) return true;
  return Object.values(value).some(hasPrototypeMember);
}
