import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

const apiVersion = "networking.k8s.io/v1";

function check(spec: object): string[] {
  const resource = resourceOfKind(apiVersion, "NetworkPolicy");
  assert(resource);
  const body = { apiVersion, kind: "NetworkPolicy", metadata: { name: "a" }, spec };
  return validate(resource, body).map(({ field, message }) => `${field}: ${message}`);
}

const from = (...peers: object[]): object => ({ ingress: [{ from: peers }] });
const ports = (...list: object[]): object => ({ egress: [{ ports: list }] });

describe("rules of network policies", () => {
  for (const spec of [
    { podSelector: {} },
    { podSelector: { matchLabels: { app: "db" } }, policyTypes: ["Ingress", "Egress"] },
    { ingress: [{}], egress: [{}] },
    from({ podSelector: {} }, { namespaceSelector: {}, podSelector: {} }),
    from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }),
    from({ ipBlock: { cidr: "2001:db8::/32", except: ["2001:db8:1::/48"] } }),
    ports({}, { port: 80 }, { port: "web", protocol: "UDP" }, { port: 80, endPort: 90 }),
  ]) {
    test(`take ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), []));
  }

  const cidrRule = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
  for (const [spec, expected] of [
    [
      { policyTypes: ["Ingress", "Other"] },
      ['spec.policyTypes[1]: Unsupported value: "Other": supported values: "Egress", "Ingress"'],
    ],
    [
      { policyTypes: ["Ingress", "Egress", "Ingress"] },
      [
        'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more ' +
          "than two policyTypes",
      ],
    ],
    [from({}), ["spec.ingress[0].from[0]: Required value: must specify a peer"]],
    [
      from({ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }),
      ["spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"],
    ],
    [from({ ipBlock: {} }), ["spec.ingress[0].from[0].ipBlock.cidr: Required value"]],
    [
      from({ ipBlock: { cidr: "10.0.0.0" } }),
      [`spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0": ${cidrRule}`],
    ],
    [
      from({ ipBlock: { cidr: "10.0.0.0/8", except: ["x", "11.0.0.0/16", "10.0.0.0/8"] } }),
      [
        `spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "x": ${cidrRule}`,
        'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a ' +
          "strict subset of `cidr`",
        'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a ' +
          "strict subset of `cidr`",
      ],
    ],
    [
      from({ podSelector: { matchLabels: { a: "b c" } } }),
      [
        'spec.ingress[0].from[0].podSelector.matchLabels: Invalid value: "b c": a valid label ' +
          "must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and " +
          "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  " +
          "or '12345', regex used for validation is " +
          "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [
      ports({ port: 0 }, { port: 80, endPort: 79 }, { port: "web", endPort: 80 }, { endPort: 80 }),
      [
        "spec.egress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        "spec.egress[0].ports[1].endPort: Invalid value: 79: must be greater than or " +
          "equal to `port`",
        "spec.egress[0].ports[2].endPort: Invalid value: 80: may not be specified when `port` is " +
          "non-numeric",
        "spec.egress[0].ports[3].endPort: Invalid value: 80: may not be specified when `port` is " +
          "not specified",
      ],
    ],
    [
      ports({ protocol: "ICMP" }),
      [
        'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", ' +
          '"TCP", "UDP"',
      ],
    ],
  ] as const) {
    test(`refuse ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), expected));
  }
});
