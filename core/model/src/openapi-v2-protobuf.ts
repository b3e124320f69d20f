/**
 * An OpenAPI v2 document in protobuf, as clients of Kubernetes read it: a message a kind of thing,
 * maps as lists of names and values, and what has no type of its own as YAML.
 *
 * Source: the field numbers are those of gnostic's OpenAPIv2.proto
 * (https://github.com/google/gnostic, openapiv2).
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** Writes one member of an object as the field of a number. */
type Write = (writer: ProtobufWriter, number: number, value: Json) => void;

/** The members of a kind of object. Members that begin with `x-` go to field `extension`. */
interface Message {
  readonly extension?: number;
  readonly fields: () => Readonly<Record<string, readonly [number, Write]>>;
}

/** The document; what it says beyond the known members is left out. */
export function encodeOpenApiV2(document: JsonObject): Uint8Array {
  const writer = new ProtobufWriter();
  writeMembers(writer, documentMessage, document);
  return writer.bytes;
}

function writeMembers(writer: ProtobufWriter, { extension, fields }: Message, value: Json): void {
  if (!isJsonObject(value)) return;
  const known = fields();
  for (const [name, member] of Object.entries(value)) {
    const field = known[name];
    if (field !== undefined) field[1](writer, field[0], member);
    else if (extension !== undefined && name.startsWith("x-")) {
      writeNamed(writer, extension, { name, value: member, write: any });
    }
  }
}

/** An entry of a map: its key, and its value. */
function writeNamed(
  writer: ProtobufWriter,
  number: number,
  { name, value, write }: { name: string; value: Json; write: Write },
): void {
  writer.message(number, (entry) => {
    entry.text(1, name);
    write(entry, 2, value);
  });
}

const text: Write = (writer, number, value) => {
  if (typeof value === "string") writer.text(number, value);
};
const bool: Write = (writer, number, value) => writer.bool(number, value === true);
const double: Write = (writer, number, value) => {
  if (typeof value === "number") writer.double(number, value);
};
const integer: Write = (writer, number, value) => {
  if (typeof value === "number" && value >= 0) writer.integer(number, Math.floor(value));
};
/** JSON is YAML. */
const any: Write = (writer, number, value) =>
  writer.message(number, (inner) => inner.text(2, JSON.stringify(value)));

function message(kind: Message): Write {
  return (writer, number, value) =>
    writer.message(number, (inner) => writeMembers(inner, kind, value));
}

function each(write: Write): Write {
  return (writer, number, value) => {
    if (Array.isArray(value)) for (const item of value) write(writer, number, item);
  };
}

/** A message with one field: the value itself. */
function within(inner: number, write: Write): Write {
  return (writer, number, value) =>
    writer.message(number, (wrapper) => write(wrapper, inner, value));
}

/** A map as a message with a list of entries. */
function entries(inner: number, write: Write): Write {
  return (writer, number, value) =>
    writer.message(number, (list) => {
      if (!isJsonObject(value)) return;
      for (const [name, item] of Object.entries(value)) {
        writeNamed(list, inner, { name, value: item, write });
      }
    });
}

const schemaMessage: Message = {
  extension: 31,
  fields: () => schemaFields,
};
const schema = message(schemaMessage);

/** True and false stand for any value, and for none. */
const additional: Write = (writer, number, value) =>
  typeof value === "boolean"
    ? within(2, bool)(writer, number, value)
    : within(1, schema)(writer, number, value);

/** One type or several. */
const typeItem: Write = (writer, number, value) =>
  writer.message(number, (inner) => {
    for (const name of Array.isArray(value) ? value : [value]) text(inner, 1, name);
  });

const schemaFields: ReturnType<Message["fields"]> = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  multipleOf: [6, double],
  maximum: [7, double],
  exclusiveMaximum: [8, bool],
  minimum: [9, double],
  exclusiveMinimum: [10, bool],
  maxLength: [11, integer],
  minLength: [12, integer],
  pattern: [13, text],
  maxItems: [14, integer],
  minItems: [15, integer],
  uniqueItems: [16, bool],
  maxProperties: [17, integer],
  minProperties: [18, integer],
  required: [19, each(text)],
  enum: [20, each(any)],
  additionalProperties: [21, additional],
  type: [22, typeItem],
  items: [23, within(1, schema)],
  allOf: [24, each(schema)],
  properties: [25, entries(1, schema)],
  example: [30, any],
};

const bodyParameter = message({
  extension: 6,
  fields: () => ({
    description: [1, text],
    name: [2, text],
    in: [3, text],
    required: [4, bool],
    schema: [5, schema],
  }),
});

const queryParameter = message({
  extension: 23,
  fields: () => ({
    required: [1, bool],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [6, text],
    uniqueItems: [20, bool],
  }),
});

const pathParameter = message({
  extension: 22,
  fields: () => ({
    required: [1, bool],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5, text],
    uniqueItems: [19, bool],
  }),
});

/** Where a parameter stands decides what it is. */
const parameter: Write = (writer, number, value) => {
  const place = isJsonObject(value) ? value["in"] : undefined;
  const nonBody = place === "path" ? within(4, pathParameter) : within(3, queryParameter);
  const inner = place === "body" ? within(1, bodyParameter) : within(2, nonBody);
  within(1, inner)(writer, number, value);
};

const response = message({
  extension: 5,
  fields: () => ({ description: [1, text], schema: [2, within(1, schema)] }),
});

const operation = message({
  extension: 13,
  fields: () => ({
    tags: [1, each(text)],
    summary: [2, text],
    description: [3, text],
    operationId: [5, text],
    produces: [6, each(text)],
    consumes: [7, each(text)],
    parameters: [8, each(parameter)],
    responses: [9, entries(1, within(1, response))],
    schemes: [10, each(text)],
    deprecated: [11, bool],
  }),
});

const pathItem = message({
  extension: 10,
  fields: () => ({
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    options: [6, operation],
    head: [7, operation],
    patch: [8, operation],
    parameters: [9, each(parameter)],
  }),
});

const info = message({
  extension: 7,
  fields: () => ({ title: [1, text], version: [2, text], description: [3, text] }),
});

const documentMessage: Message = {
  extension: 16,
  fields: () => ({
    swagger: [1, text],
    info: [2, info],
    paths: [8, entries(2, pathItem)],
    definitions: [9, entries(1, schema)],
  }),
};
