/** Requests of the API by a grammar: mostly of a form that it knows, with anything in it. */
import type { Random } from "../../core/base/src/index.ts";
import { type Resource, resources } from "../../core/model/src/index.ts";
import type { Json, JsonObject } from "../../core/wire/src/index.ts";
import { mutated } from "../fuzz.ts";
import { anyJson, changed, objectOf, oneOf } from "./random-object.ts";
import { protobufOf } from "./random-protobuf.ts";

/** A request as it comes in at the edge. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly accept: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

const methods = ["GET", "POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "DELETE"] as const;
const oddMethods = ["HEAD", "BREW", "OPTIONS", "get"] as const;

const subresources = [
  "status",
  "status",
  "scale",
  "log",
  "exec",
  "attach",
  "portforward",
  "eviction",
  "binding",
  "token",
  "finalize",
  "approval",
  "ephemeralcontainers",
  "resize",
  "proxy",
  "none/more",
] as const;

const accepts = [
  "application/json",
  "application/json",
  "application/json",
  "application/json",
  "*/*",
  "",
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/vnd.kubernetes.protobuf,*/*",
  "text/csv",
  ";;=,",
  "application/json;q=NaN",
] as const;

const contentTypes = [
  "application/json",
  "application/json",
  "application/json",
  "application/json",
  "",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "text/csv",
  "application/json; charset=utf-8",
] as const;

const patchTypes = [
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/json-patch+json",
  "application/apply-patch+yaml",
  "application/json",
] as const;

const parameters: Readonly<Record<string, readonly [string, ...string[]]>> = {
  labelSelector: [
    "app=web",
    "app in (a,b)",
    "!app",
    "app notin (x",
    "a=b,c!=d",
    "=",
    "a==b",
    ",",
    "app in ()",
    "é=1",
  ],
  fieldSelector: [
    "metadata.name=a",
    "status.phase!=Running",
    "spec.nodeName=",
    "metadata.name",
    "a=b",
    "=,=",
    "metadata.namespace=default",
  ],
  limit: ["1", "2", "0", "-1", "x", "99999999999999999999", "1e3"],
  continue: ["x", "", "eyJ2IjoxfQ", "AAAA", "%00", "e30"],
  resourceVersion: ["0", "1", "", "x", "-1", "999999999999999999999999", "1.5"],
  resourceVersionMatch: ["Exact", "NotOlderThan", "x", ""],
  watch: ["true", "1", "false", "x", ""],
  allowWatchBookmarks: ["true", "x"],
  sendInitialEvents: ["true", "false", "x"],
  timeoutSeconds: ["1", "0", "-1", "x", "99999999999"],
  dryRun: ["All", "x", ""],
  fieldManager: ["m", "", "x".repeat(200), "\u0000"],
  fieldValidation: ["Strict", "Warn", "Ignore", "x"],
  force: ["true", "false", "x"],
  propagationPolicy: ["Background", "Foreground", "Orphan", "x"],
  gracePeriodSeconds: ["0", "-1", "x", "30"],
  orphanDependents: ["true", "x"],
  container: ["a", "web", "", "x"],
  command: ["sh", ""],
  tailLines: ["1", "-1", "x"],
  sinceTime: ["2026-01-01T00:00:00Z", "x"],
  includeObject: ["None", "Object", "x"],
  pretty: ["true", "x"],
  stdin: ["true", "x"],
  ports: ["80", "x"],
};

const parameterNames = Object.keys(parameters);

/** The next request. */
export function requestOf(random: Random): RawRequest {
  const resource = resources[random.below(resources.length)] ?? resources[0];
  if (resource === undefined) throw new Error("there are kinds");
  const isOdd = random.below(50) === 0;
  const method = isOdd ? oneOf(random, oddMethods) : oneOf(random, methods);
  const { contentType, body } = bodyOf(random, method, resource);
  return {
    method,
    target: targetOf(random, method, resource),
    accept: oneOf(random, accepts),
    contentType,
    body,
  };
}

function targetOf(random: Random, method: string, resource: Resource): string {
  const { group, version, name } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const object = nameOf(random, method);
  const isWhole = object === "" || random.below(5) > 0;
  const subresource = isWhole ? "" : `/${oneOf(random, subresources)}`;
  const path = `${base}${namespaceOf(random, method, resource)}/${name}${object}${subresource}`;
  const whole = `${path}${queryOf(random)}`;
  if (random.below(20) > 0) return whole;
  return new TextDecoder("latin1").decode(mutated(random, [new TextEncoder().encode(whole)]));
}

function namespaceOf(random: Random, method: string, { namespaced }: Resource): string {
  if (!namespaced || (method === "GET" && random.below(4) === 0)) return "";
  const isOdd = random.below(40) === 0;
  const odd = oneOf(random, ["none", "a%2Fb", "%00", ""]);
  return `/namespaces/${isOdd ? odd : oneOf(random, ["default", "other"])}`;
}

/** The object that is meant; none for what is about a collection. */
function nameOf(random: Random, method: string): string {
  const isUsual = random.below(20) > 0;
  const hasName = isUsual ? method !== "POST" && random.below(6) > 0 : method === "POST";
  if (!hasName) return "";
  const isOdd = random.below(40) === 0;
  return `/${isOdd ? oneOf(random, ["none", "%00", "A_B"]) : oneOf(random, ["a", "b", "c"])}`;
}

function queryOf(random: Random): string {
  if (random.below(40) === 0) return "?watch=true&resourceVersion=1";
  const length = random.below(3) === 0 ? random.below(5) : 0;
  if (length === 0) return "";
  const pairs = Array.from({ length }, () => {
    const name = parameterNames[random.below(parameterNames.length)] ?? "watch";
    const value = oneOf(random, parameters[name] ?? ["x"]);
    return `${name}=${encodeURIComponent(value)}`;
  });
  return `?${pairs.join("&")}`;
}

function bodyOf(
  random: Random,
  method: string,
  resource: Resource,
): { readonly contentType: string; readonly body: Uint8Array } {
  if (method === "GET" || method === "HEAD") return { contentType: "", body: new Uint8Array(0) };
  if (method === "PATCH") {
    const contentType = oneOf(random, patchTypes);
    return { contentType, body: bytesOf(random, patchOf(random, contentType, resource)) };
  }
  const contentType = oneOf(random, contentTypes);
  if (method === "DELETE") {
    const options = { kind: "DeleteOptions", gracePeriodSeconds: random.below(3) };
    return {
      contentType,
      body: bytesOf(random, random.below(2) === 0 ? options : changed(random, options)),
    };
  }
  let object: Json = objectOf(random, resource);
  for (let changes = Math.max(0, random.below(5) - 2); changes > 0; changes -= 1)
    object = changed(random, object);
  if (contentType.endsWith("protobuf"))
    return { contentType, body: mutated(random, [protobufOf(random, resource)]) };
  return { contentType, body: bytesOf(random, object) };
}

function patchOf(random: Random, contentType: string, resource: Resource): Json {
  const whole = objectOf(random, resource);
  if (!contentType.startsWith("application/json-patch")) {
    return random.below(2) === 0 ? whole : changed(random, whole);
  }
  const operations = Array.from(
    { length: 1 + random.below(4) },
    (): JsonObject => ({
      op: oneOf(random, ["add", "remove", "replace", "test", "move", "copy", "x"]),
      path: oneOf(random, [
        "/spec",
        "/metadata/labels",
        "/metadata/labels/a",
        "/spec/replicas",
        "/-",
        "",
        "/a/-",
        "/__proto__/x",
        "/~",
        "/spec/containers/0",
        "/spec/containers/99999999",
      ]),
      from: oneOf(random, ["/spec", "/metadata", "", "/x"]),
      value: anyJson(random),
    }),
  );
  return random.below(10) === 0 ? changed(random, operations) : operations;
}

/** The text of a value, now and then with bytes changed. */
function bytesOf(random: Random, value: Json): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return random.below(8) === 0 ? mutated(random, [bytes]) : bytes;
}
