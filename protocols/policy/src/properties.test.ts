/** What holds of any policies: laws, and agreement with a second, slower way to evaluate them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isEgressAllowed } from "./egress.ts";
import { isIngressAllowed } from "./ingress.ts";
import type { PolicyPod, PolicyPort, PolicySource } from "./peer.ts";
import { address, podOf, policyOf } from "./village.ts";

const labels = fc.record(
  { app: fc.constantFrom("a", "b"), tier: fc.constantFrom("x", "y") },
  { requiredKeys: [] },
);
const selector = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
  fc
    .tuple(fc.constantFrom("app", "tier"), fc.constantFrom("Exists", "DoesNotExist"))
    .map(([key, operator]) => ({ matchExpressions: [{ key, operator }] })),
);
const spaces = fc.oneof(
  fc.constant({}),
  fc.constantFrom("n1", "n2").map((team) => ({ matchLabels: { team } })),
);
const block = fc.record({
  cidr: fc.constantFrom("10.0.0.0/8", "10.0.0.0/16", "0.0.0.0/0"),
  except: fc.constantFrom([], ["10.0.0.0/24"], ["10.0.0.0/30", "10.1.0.0/16"]),
});
const peer = fc.oneof(
  selector.map((podSelector) => ({ podSelector })),
  spaces.map((namespaceSelector) => ({ namespaceSelector })),
  fc.record({ podSelector: selector, namespaceSelector: spaces }),
  block.map((ipBlock) => ({ ipBlock })),
);
const portItem = fc.oneof(
  fc.constantFrom({ port: 80 }, { port: 53, protocol: "UDP" }, { port: "http" }),
  fc.constantFrom({ port: 79, endPort: 81 }, { protocol: "UDP" }, {}),
);
const rule = fc.record(
  { peers: fc.array(peer, { maxLength: 3 }), ports: fc.array(portItem, { maxLength: 2 }) },
  { requiredKeys: [] },
);
type RuleText = { readonly peers?: readonly object[]; readonly ports?: readonly object[] };

interface PolicyText {
  readonly podSelector: object;
  readonly namespace: string;
  readonly rules: readonly RuleText[];
}
const policy: fc.Arbitrary<PolicyText> = fc.record({
  podSelector: selector,
  namespace: fc.constantFrom("n1", "n2"),
  rules: fc.array(rule, { maxLength: 3 }),
});
const pod = fc
  .tuple(fc.constantFrom("n1/p", "n1/q", "n2/p"), labels, fc.constantFrom("10.0.0.1", "10.1.0.1"))
  .map(([path, own, ip]): PolicyPod => {
    const ports = [{ name: "http", protocol: "TCP", port: 80 }] as const;
    return podOf(path, own, { uid: `${path} ${ip}`, ips: [ip], ports });
  });
const source: fc.Arbitrary<PolicySource> = fc.oneof(
  pod.map((each): PolicySource => ({ kind: "pod", pod: each })),
  fc.constantFrom("10.0.0.2", "10.0.9.9", "8.8.8.8").map(address),
);
const port: fc.Arbitrary<PolicyPort> = fc.record({
  protocol: fc.constantFrom("TCP" as const, "UDP" as const),
  port: fc.constantFrom(53, 80, 82),
});

interface Call {
  /** The pod whose policies are asked. */
  readonly one: PolicyPod;
  readonly other: PolicySource;
  readonly at: PolicyPort;
}
const call: fc.Arbitrary<Call> = fc.record({ one: pod, other: source, at: port });

const read = (direction: "ingress" | "egress", { podSelector, namespace, rules }: PolicyText) =>
  policyOf(
    {
      podSelector,
      policyTypes: [direction === "ingress" ? "Ingress" : "Egress"],
      [direction]: rules.map(({ peers, ports }) => ({
        ...(peers === undefined ? {} : { [direction === "ingress" ? "from" : "to"]: peers }),
        ...(ports === undefined ? {} : { ports }),
      })),
    },
    { namespace },
  );

const enters = (texts: readonly PolicyText[], { one, other, at }: Call): boolean =>
  isIngressAllowed(
    texts.map((text) => read("ingress", text)),
    one,
    other,
    at,
  ).allowed;
const leaves = (texts: readonly PolicyText[], { one, other, at }: Call): boolean =>
  isEgressAllowed(
    texts.map((text) => read("egress", text)),
    one,
    other,
    at,
  ).allowed;

const many = fc.array(policy, { maxLength: 4 });

describe("policies", () => {
  for (const [direction, allows] of [
    ["ingress", enters],
    ["egress", leaves],
  ] as const) {
    test(`about ${direction}: a further rule takes nothing away`, () => {
      let reached = 0;
      fc.assert(
        fc.property(many, rule, call, (texts, more, made) => {
          if (!allows(texts, made)) return;
          reached += 1;
          const grown = texts.map((text) => ({ ...text, rules: [...text.rules, more] }));
          assert(allows(grown, made));
        }),
        { numRuns: 500 },
      );
      assert(reached > 50);
    });

    test(`about ${direction}: a further policy takes nothing from a pod that has one`, () => {
      const everyPod = { podSelector: {}, rules: [] };
      const both = [
        { ...everyPod, namespace: "n1" },
        { ...everyPod, namespace: "n2" },
      ];
      fc.assert(
        fc.property(many, policy, call, (texts, more, made) => {
          const isolated = [...texts, ...both];
          if (!allows(isolated, made)) return;
          assert(allows([...isolated, more], made));
        }),
        { numRuns: 500 },
      );
    });

    test(`about ${direction}: order does not matter`, () => {
      fc.assert(
        fc.property(many, call, (texts, made) => {
          const turned = texts.toReversed().map((text) => ({
            ...text,
            rules: text.rules.toReversed().map((each) => ({
              ...each,
              ...(each.peers === undefined ? {} : { peers: each.peers.toReversed() }),
              ...(each.ports === undefined ? {} : { ports: each.ports.toReversed() }),
            })),
          }));
          assert.equal(allows(turned, made), allows(texts, made));
        }),
        { numRuns: 500 },
      );
    });

    test(`about ${direction}: an exception only takes away`, () => {
      fc.assert(
        fc.property(call, block, (made, { cidr, except }) => {
          const withBlock = (ipBlock: object): PolicyText[] => [
            {
              podSelector: {},
              namespace: made.one.namespace.name,
              rules: [{ peers: [{ ipBlock }] }],
            },
          ];
          if (!allows(withBlock({ cidr, except }), made)) return;
          assert(allows(withBlock({ cidr }), made));
        }),
      );
    });
  }

  test("agree with a second way to evaluate them", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(many, call, (texts, made) => {
        const [entered, left] = [enters(texts, made), leaves(texts, made)];
        assert.equal(entered, expected(texts, made, true));
        assert.equal(left, expected(texts, made, false));
        seen.add(`${entered} ${left}`);
      }),
      { numRuns: 3000 },
    );
    assert.deepEqual(
      [...seen].toSorted(),
      ["false false", "true false", "true true"],
      "all outcomes were reached that the same rules can have both ways",
    );
  });

  test("of any JSON throw nothing, and allow only by a rule that is there", () => {
    const policyTypes = ["Ingress", "Egress"];
    fc.assert(
      fc.property(fc.jsonValue(), call, (json, { one, other, at }) => {
        const spec = { podSelector: {}, policyTypes, ingress: json, egress: json };
        const isItself = other.kind === "pod" && other.pod.uid === one.uid;
        const isRuled = Array.isArray(json) && json.some((each) => typeof each === "object");
        for (const text of [spec, json]) {
          const policies = [policyOf(text, { namespace: one.namespace.name })];
          const verdicts = [
            isIngressAllowed(policies, one, other, at),
            isEgressAllowed(policies, one, other, at),
          ];
          if (text === json || isItself || isRuled) continue;
          assert(verdicts.every(({ allowed }) => !allowed));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Written straight from the documentation over the texts, without reading them first. */
function expected(
  texts: readonly PolicyText[],
  { one, other, at }: Call,
  isIngress: boolean,
): boolean {
  if (other.kind === "pod" && other.pod.uid === one.uid) return true;
  const chosen = texts.filter(
    ({ namespace, podSelector }) =>
      namespace === one.namespace.name && meets(podSelector, one.labels ?? {}),
  );
  if (chosen.length === 0) return isIngress || other.kind === "pod";
  const callee = isIngress ? one : other.kind === "pod" ? other.pod : undefined;
  return chosen.some(({ namespace, rules }) =>
    rules.some(({ peers = [], ports = [] }) => {
      const isPeer = peers.length === 0 || peers.some((each) => isMeant(each, namespace, other));
      return isPeer && (ports.length === 0 || ports.some((each) => isOpen(each, at, callee)));
    }),
  );
}

function meets(wanted: object, own: Readonly<Record<string, string>>): boolean {
  if ("matchLabels" in wanted) {
    return Object.entries(Object(wanted.matchLabels)).every(([key, value]) => own[key] === value);
  }
  if (!("matchExpressions" in wanted)) return true;
  const [{ key, operator }] = Object(wanted.matchExpressions);
  return (operator === "Exists") === Object.hasOwn(own, key);
}

function isMeant(each: object, namespace: string, other: PolicySource): boolean {
  if ("ipBlock" in each) {
    const { cidr, except = [] } = Object(each.ipBlock);
    const inside = (range: string, ip: string): boolean => {
      const length = Number(range.split("/")[1]) / 8;
      const [a, b] = [range, ip].map((text) => numberOf(text.split("/")[0] ?? ""));
      const size = 2 ** (32 - length * 8);
      return Math.floor((a ?? 0) / size) === Math.floor((b ?? 0) / size);
    };
    const ips = other.kind === "pod" ? other.pod.ips : [other.ip];
    return ips.some((ip) => inside(cidr, ip) && !except.some((range: string) => inside(range, ip)));
  }
  if (other.kind !== "pod") return false;
  const { namespaceSelector, podSelector = {} } = Object(each);
  const isPlace =
    namespaceSelector === undefined
      ? other.pod.namespace.name === namespace
      : meets(namespaceSelector, other.pod.namespace.labels ?? {});
  return isPlace && meets(podSelector, other.pod.labels ?? {});
}

function numberOf(ip: string): number {
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function isOpen(each: object, at: PolicyPort, callee: PolicyPod | undefined): boolean {
  const { port: wanted, endPort, protocol = "TCP" } = Object(each);
  if (protocol !== at.protocol) return false;
  if (wanted === "http") return callee !== undefined && at.port === 80;
  return wanted === undefined || (at.port >= wanted && at.port <= (endPort ?? wanted));
}
