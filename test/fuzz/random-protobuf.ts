/** Bytes of Kubernetes' protobuf, by the schema that they are read by. */
import type { Random } from "../../core/base/src/index.ts";
import type { Resource } from "../../core/model/src/resource.ts";
import {
  type Field,
  type TypeSchema,
  typeNamed,
  typeOfResource,
} from "../../core/model/src/schema.ts";
import { joined } from "../fuzz.ts";
import { oneOf } from "./random-object.ts";

/** Messages in each other: deeper ones are left out. */
const depthMax = 6;

const encoder = new TextEncoder();
const magic = Uint8Array.from([0x6b, 0x38, 0x73, 0x00]);

/** An object of a kind in its envelope. */
export function protobufOf(random: Random, resource: Resource): Uint8Array {
  const { group, version, kind } = resource;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const typeMeta = joined(
    bytesField(1, encoder.encode(apiVersion)),
    bytesField(2, encoder.encode(kind)),
  );
  const raw = message(random, typeOfResource(resource), 0);
  return joined(magic, bytesField(1, typeMeta), bytesField(2, raw));
}

function message(random: Random, type: TypeSchema, depth: number): Uint8Array {
  const fields = [...type.wireFields.values()].filter(() => random.below(100) < 30 - 4 * depth);
  return joined(...fields.flatMap((field) => encoded(random, field, depth)));
}

function encoded(random: Random, field: Field, depth: number): Uint8Array[] {
  const { number, type, shape } = field;
  const times = shape === "one" ? 1 : random.below(3);
  return Array.from({ length: times }, () => {
    if (shape === "map") {
      const value = typeNamed(type) === undefined ? encoder.encode("v") : new Uint8Array(0);
      return bytesField(number, joined(bytesField(1, encoder.encode("k")), bytesField(2, value)));
    }
    return one(random, field, depth);
  });
}

function one(random: Random, { number, type }: Field, depth: number): Uint8Array {
  const inner = typeNamed(type);
  if (inner !== undefined) {
    return bytesField(
      number,
      depth < depthMax ? message(random, inner, depth + 1) : new Uint8Array(0),
    );
  }
  if (/^(?:bool|int)/u.test(type)) return joined(varint(number * 8), varint(random.below(200)));
  // Times, amounts and their like are messages of their own, whose first field is text or a number.
  const text = encoder.encode(oneOf(random, ["a", "web", "", "1Gi", "80", "default"]));
  const isScalar = type === "string" || type === "bytes";
  return bytesField(number, isScalar ? text : bytesField(1, text));
}

function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return joined(varint(number * 8 + 2), varint(bytes.length), bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return Uint8Array.from([...bytes, left]);
}
