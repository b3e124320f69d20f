import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeProtobuf } from "./protobuf.ts";

/** A field of bytes, text or a message (a list of fields), or a number. */
function field(number: number, value: string | number | readonly (readonly number[])[]): number[] {
  if (typeof value === "number") return [...varint(number << 3), ...varint(value)];
  const bytes = typeof value === "string" ? [...Buffer.from(value)] : value.flat();
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function object(apiVersion: string, kind: string, body: readonly number[][]): Uint8Array {
  const typeMeta = [field(1, apiVersion), field(2, kind)];
  return Uint8Array.from([...Buffer.from("k8s\0"), ...field(1, typeMeta), ...field(2, body)]);
}

describe("decodeProtobuf", () => {
  test("reads an object as its JSON", () => {
    const meta = [
      field(1, "a"),
      field(3, ""),
      field(7, 0),
      field(8, []),
      field(11, [field(1, "app"), field(2, "wéb")]),
      field(11, [field(1, "bare")]),
    ];
    const container = [
      field(1, "c"),
      field(2, "web:1"),
      field(6, [field(3, 80), field(2, 0), field(4, "TCP")]),
      field(8, [field(1, [field(1, "cpu"), field(2, [field(1, "500m")])])]),
      field(10, [field(1, [field(2, [field(1, "/"), field(2, [field(1, 1), field(3, "http")])])])]),
      field(3, "run"),
      field(3, ""),
    ];
    const volume = [field(1, "v"), field(2, [field(2, [])])];
    const spec = [
      field(1, volume),
      field(2, container),
      field(4, 0),
      field(11, 0),
      field(99, "new"),
    ];
    assert.deepEqual(decodeProtobuf(object("v1", "Pod", [field(1, meta), field(2, spec)])), {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", labels: { app: "wéb", bare: "" } },
      spec: {
        volumes: [{ name: "v", emptyDir: {} }],
        containers: [
          {
            name: "c",
            image: "web:1",
            command: ["run", ""],
            ports: [{ containerPort: 80, protocol: "TCP" }],
            resources: { limits: { cpu: "500m" } },
            livenessProbe: { httpGet: { path: "/", port: "http" } },
          },
        ],
        terminationGracePeriodSeconds: 0,
      },
    });
  });

  for (const [seconds, text] of [
    [0, "1970-01-01T00:00:00Z"],
    [951_782_399, "2000-02-28T23:59:59Z"],
    [951_782_400, "2000-02-29T00:00:00Z"],
    [1_709_210_096, "2024-02-29T12:34:56Z"],
    [2_000_000_000, "2033-05-18T03:33:20Z"],
  ] as const) {
    test(`writes the time ${text}`, () => {
      assert.equal(new Date(seconds * 1000).toISOString().replace(".000", ""), text);
      const meta = field(1, [field(8, [field(1, seconds)])]);
      const decoded = decodeProtobuf(object("v1", "ConfigMap", [meta]));
      assert.deepEqual(decoded?.["metadata"], { creationTimestamp: text });
    });
  }

  test("writes the time of any day as the host does", () => {
    fc.assert(
      fc.property(fc.nat(0x7fff_ffff), (seconds) => {
        const meta = field(1, [field(8, [field(1, seconds)])]);
        const decoded = decodeProtobuf(object("v1", "ConfigMap", [meta]));
        const text = new Date(seconds * 1000).toISOString().replace(".000", "");
        assert.deepEqual(decoded?.["metadata"], { creationTimestamp: text });
      }),
    );
  });

  test("writes bytes as base64, numbers or text, and keeps empty text that says something", () => {
    const data = field(2, [field(1, "k"), field(2, "hi")]);
    assert.deepEqual(decodeProtobuf(object("v1", "Secret", [data, field(3, "")])), {
      apiVersion: "v1",
      kind: "Secret",
      data: { k: "aGk=" },
    });
    const port = (target: readonly number[][]): unknown =>
      decodeProtobuf(object("v1", "Service", [field(2, [field(1, [field(4, target)])])]))?.["spec"];
    assert.deepEqual(port([field(1, 0), field(2, 8080), field(3, "")]), {
      ports: [{ targetPort: 8080 }],
    });
    assert.deepEqual(port([field(1, 1), field(2, 0), field(3, "web")]), {
      ports: [{ targetPort: "web" }],
    });
  });

  test("knows the options of requests by their kind alone", () => {
    const options = object("apps/v1", "DeleteOptions", [field(1, 30), field(4, "Foreground")]);
    assert.deepEqual(decodeProtobuf(options), {
      apiVersion: "apps/v1",
      kind: "DeleteOptions",
      gracePeriodSeconds: 30,
      propagationPolicy: "Foreground",
    });
  });

  test("answers nothing to what is not an object that it knows", () => {
    assert.equal(decodeProtobuf(Uint8Array.of()), undefined);
    assert.equal(decodeProtobuf(Uint8Array.from(Buffer.from("{}"))), undefined);
    assert.equal(decodeProtobuf(object("v1", "Mystery", [])), undefined);
    assert.equal(decodeProtobuf(object("v1", "Pod", [[0x0a, 0x05, 0x01]])), undefined);
    assert.equal(decodeProtobuf(object("v1", "Pod", [field(1, 5)]))?.["metadata"], 5);
  });

  test("never fails, whatever the bytes", () => {
    const prefix = object("v1", "Pod", []);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeProtobuf(bytes);
        const body = [...bytes];
        decodeProtobuf(Uint8Array.from([...prefix.subarray(0, -2), ...field(2, [body])]));
      }),
    );
  });
});
