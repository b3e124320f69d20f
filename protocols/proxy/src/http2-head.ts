import { grpcTimeoutMs, isGrpcType } from "./grpc.ts";

/** Fields of a message as they came: name, value, name, value, … */
export type RawFields = readonly string[];

/** What a request of HTTP/2 says that decides how it is passed on. */
export interface Http2Head {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authority: string;
  readonly isGrpc: boolean;
  /** How long the client of gRPC waits; undefined if it does not say. */
  readonly deadlineMs: number | undefined;
  readonly traceparent: string;
}

/** Reads a request's fields, which a session has checked: names are lower case. */
export function readHttp2Head(fields: RawFields): Http2Head {
  const isGrpc = isGrpcType(fieldOf(fields, "content-type"));
  return {
    method: fieldOf(fields, ":method"),
    path: fieldOf(fields, ":path"),
    authority: fieldOf(fields, ":authority"),
    isGrpc,
    deadlineMs: isGrpc ? grpcTimeoutMs(fieldOf(fields, "grpc-timeout")) : undefined,
    traceparent: fieldOf(fields, "traceparent"),
  };
}

/** The first value of a field; empty if there is none. */
export function fieldOf(fields: RawFields, name: string): string {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at] === name) return fields[at + 1] ?? "";
  }
  return "";
}

/** The fields with one value for a name: in the place of the first, or as the last. */
export function withField(fields: RawFields, name: string, value: string): string[] {
  const result: string[] = [];
  let isWritten = false;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [own = "", ownValue = ""] = [fields[at], fields[at + 1]];
    if (own !== name) result.push(own, ownValue);
    else if (!isWritten) result.push(name, value);
    isWritten ||= own === name;
  }
  if (!isWritten) result.push(name, value);
  return result;
}

/** The fields by name; those that come several times are lists, in order. */
export function fieldsByName(fields: RawFields): Record<string, string | string[]> {
  const result = new Map<string, string | string[]>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name = "", value = ""] = [fields[at], fields[at + 1]];
    const before = result.get(name);
    result.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(result);
}
