/**
 * Reads Kubernetes' protobuf, which kubectl sends from 1.32 on for what it makes itself: the
 * bytes `k8s\0`, then a `runtime.Unknown` that holds version, kind and the object.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding,
 * https://protobuf.dev/programming-guides/encoding/
 */
import { isJsonObject, type Json, type JsonObject, objectLimits, parseJson } from "@beemesh/wire";
import { base64, utf8Text } from "./encoding.ts";
import { textAt } from "./members.ts";
import { ProtobufReader, type WireValue } from "./protobuf-reader.ts";
import { keptZeros, zeroIsNothing } from "./protobuf-zeros.ts";
import { type Field, type TypeSchema, typeNamed } from "./schema.ts";
import { formatTime } from "./time-text.ts";

const magic = [0x6b, 0x38, 0x73, 0x00];

/**
 * Decodes an object.
 *
 * @param bytes - From outside, at most 1.5 MB.
 * @returns Its JSON, with `apiVersion` and `kind`; undefined if the bytes are not protobuf of
 *   Kubernetes, or of a kind that the schema does not have. Fields that it does not have are
 *   passed over.
 */
export function decodeProtobuf(bytes: Uint8Array): JsonObject | undefined {
  const isOurs = magic.every((byte, index) => bytes[index] === byte);
  const unknown = typeNamed("runtime.Unknown");
  if (!isOurs || bytes.length > objectLimits.lengthMax || unknown === undefined) return undefined;
  const envelope = new Decoding().message(unknown, bytes.subarray(magic.length), 0);
  const typeMeta = envelope?.["typeMeta"];
  const raw = envelope?.["raw"];
  const [apiVersion, kind] = [textAt(typeMeta, "apiVersion"), textAt(typeMeta, "kind")];
  const type = typeOf(apiVersion, kind);
  if (type === undefined) return undefined;
  const body = rawField(bytes.subarray(magic.length));
  const object = raw === undefined ? {} : body && new Decoding().message(type, body, 0);
  return object === undefined ? undefined : { apiVersion, kind, ...object };
}

/** `raw` of the envelope as bytes: as JSON it would be base64. */
function rawField(envelope: Uint8Array): Uint8Array | undefined {
  const reader = new ProtobufReader(envelope);
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === 2) return field.value.kind === "bytes" ? field.value.bytes : undefined;
  }
  return undefined;
}

/** Options of requests have one type in all groups. */
function typeOf(apiVersion: string, kind: string): TypeSchema | undefined {
  const [version = "", groupName = ""] = apiVersion.split("/").toReversed();
  const group = groupName === "" ? "core" : groupName.split(".")[0];
  return typeNamed(`${group}.${version}.${kind}`) ?? typeNamed(`meta.v1.${kind}`);
}

/** Values of a message that belong to one field, in the order in which they came. */
type Collected = Map<Field, WireValue[]>;

class Decoding {
  /** The message as JSON; undefined if it is malformed or nests too deep. */
  message(type: TypeSchema, bytes: Uint8Array, depth: number): JsonObject | undefined {
    const collected = depth > objectLimits.depthMax ? undefined : collect(type, bytes);
    if (collected === undefined) return undefined;
    const members: [string, Json][] = [];
    for (const [field, values] of collected) {
      const decoded = this.#field(field, values, depth);
      if (decoded === undefined) return undefined;
      if (field.isInline && isJsonObject(decoded)) members.push(...Object.entries(decoded));
      else if (!isNothing(type, field, decoded)) members.push([field.name, decoded]);
    }
    return Object.fromEntries(members);
  }

  #field(field: Field, values: readonly WireValue[], depth: number): Json | undefined {
    if (field.shape === "map") return this.#map(field, values, depth);
    const decoded = values.map((value) => this.#value(field, value, depth));
    const present = decoded.filter((value) => value !== undefined);
    if (present.length < decoded.length) return undefined;
    return field.shape === "list" ? present : present.at(-1);
  }

  #map(field: Field, values: readonly WireValue[], depth: number): JsonObject | undefined {
    const entries: [string, Json][] = [];
    for (const value of values) {
      const entry = value.kind === "bytes" ? this.#entry(field, value.bytes, depth) : undefined;
      if (entry === undefined) return undefined;
      entries.push(entry);
    }
    return Object.fromEntries(entries);
  }

  /** An entry of a map is a message of key and value, both of which may be left out. */
  #entry(field: Field, bytes: Uint8Array, depth: number): [string, Json] | undefined {
    const reader = new ProtobufReader(bytes);
    let key = "";
    let value: Json | undefined = emptyOf(field.type);
    for (let part = reader.next(); part !== undefined; part = reader.next()) {
      if (part.number === 1 && part.value.kind === "bytes") key = utf8Text(part.value.bytes);
      if (part.number === 2) value = this.#value(field, part.value, depth);
    }
    return reader.isBroken || value === undefined ? undefined : [key, value];
  }

  #value({ type }: Field, value: WireValue, depth: number): Json | undefined {
    const inner = typeNamed(type);
    if (value.kind === "bytes") {
      return inner === undefined
        ? scalarOfBytes(type, value.bytes)
        : this.message(inner, value.bytes, depth + 1);
    }
    if (value.kind === "fixed64") return type === "double" ? value.double : undefined;
    return type === "bool" ? value.integer !== 0n : Number(value.integer);
  }
}

function collect(type: TypeSchema, bytes: Uint8Array): Collected | undefined {
  const collected: Collected = new Map();
  const reader = new ProtobufReader(bytes);
  for (let part = reader.next(); part !== undefined; part = reader.next()) {
    const field = type.wireFields.get(part.number);
    if (field === undefined) continue;
    const values = collected.get(field);
    if (values === undefined) collected.set(field, [part.value]);
    else values.push(part.value);
  }
  return reader.isBroken ? undefined : collected;
}

function scalarOfBytes(type: string, bytes: Uint8Array): Json | undefined {
  if (type === "string") return utf8Text(bytes);
  if (type === "bytes") return base64(bytes);
  return messageScalars[type]?.(bytes);
}

type Parts = ReadonlyMap<number, WireValue>;

/** Types whose message is not their JSON. */
const messageScalars: Readonly<Record<string, (bytes: Uint8Array) => Json | undefined>> = {
  Quantity: (bytes) => read(bytes, (parts) => textPart(parts, 1)),
  Time: (bytes) => read(bytes, (parts) => timeText(parts, 0)),
  MicroTime: (bytes) => read(bytes, (parts) => timeText(parts, 6)),
  Duration: (bytes) => read(bytes, (parts) => `${integerPart(parts, 1)}ns`),
  IntOrString: (bytes) =>
    read(bytes, (parts) =>
      integerPart(parts, 1) === 1 ? textPart(parts, 3) : integerPart(parts, 2),
    ),
  FieldsV1: embedded,
  RawExtension: embedded,
  JSON: embedded,
};

function read(bytes: Uint8Array, use: (parts: Parts) => Json): Json | undefined {
  const parts = new Map<number, WireValue>();
  const reader = new ProtobufReader(bytes);
  for (let part = reader.next(); part !== undefined; part = reader.next()) {
    parts.set(part.number, part.value);
  }
  return reader.isBroken ? undefined : use(parts);
}

/** JSON, or protobuf once more, inside of a message. */
function embedded(bytes: Uint8Array): Json | undefined {
  return read(bytes, (parts) => {
    const raw = parts.get(1);
    if (raw?.kind !== "bytes") return null;
    return parseJson(utf8Text(raw.bytes)) ?? null;
  });
}

function textPart(parts: Parts, number: number): string {
  const value = parts.get(number);
  return value?.kind === "bytes" ? utf8Text(value.bytes) : "";
}

function integerPart(parts: Parts, number: number): number {
  const value = parts.get(number);
  return value?.kind === "varint" ? Number(value.integer) : 0;
}

/** Seconds and nanoseconds since 1970; an empty message is no time at all. */
function timeText(parts: Parts, decimals: 0 | 6): Json {
  if (parts.size === 0) return null;
  const micros = Math.floor(integerPart(parts, 2) / 1000);
  return formatTime(integerPart(parts, 1) * 1000 + micros / 1000, decimals) ?? null;
}

function emptyOf(type: string): Json | undefined {
  if (type === "string" || type === "bytes" || type === "Quantity") return "";
  return typeNamed(type) === undefined ? undefined : {};
}

/** Go writes what is not set as its zero value, but for members that are pointers there. */
function isNothing(type: TypeSchema, field: Field, value: Json): boolean {
  if (value === null) return true;
  if (field.shape !== "one") return false;
  if (value === "") return !keptZeros.has(`${type.name}.${field.name}`);
  return (value === 0 || value === false) && zeroIsNothing.has(field.name);
}
