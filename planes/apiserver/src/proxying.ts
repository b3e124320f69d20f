/**
 * The proxy of pods and Services: this part says which program is meant, or why there is none;
 * the request and its answer go another way.
 *
 * Source: k8s.io/kubernetes, pkg/registry/core/{pod,service}/…, `ResourceLocation`; and
 * k8s.io/apimachinery, pkg/util/net, `SplitSchemeNamePort`.
 */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply, ProxyTarget } from "@beemesh/ports";
import { pass } from "./admission/chain.ts";
import { type Call, storedObject } from "./call.ts";
import { listAt, numberAt, textAt } from "./field.ts";
import { badRequest, done, fail, type Outcome, replyWith, unavailable } from "./status.ts";

/** Segments of `api/v1/namespaces/<namespace>/pods/<name>/proxy`. */
const proxiedFrom = 7;

/** Answers what is asked of `pods/[<scheme>:]<name>[:<port>]/proxy`, and of Services as well. */
export function proxy(call: Call): ApiReply {
  const { info, request } = call;
  const { kind } = info.resource;
  const wish = wishOf(info.name);
  if (wish === undefined) {
    return replyWith(badRequest(`invalid ${info.resource.singular} request "${info.name}"`));
  }
  const found = storedObject({ ...call, info: { ...info, name: wish.name } });
  if (!found.ok) return replyWith(found.status);
  const passed = pass(call, {
    operation: "CONNECT",
    object: {
      apiVersion: "v1",
      kind: `${kind}ProxyOptions`,
      metadata: { name: "" },
      path: `/${request.path.slice(proxiedFrom).join("/")}`,
    },
    before: undefined,
    name: info.name,
    options: {},
    dryRun: false,
  });
  if (!passed.ok) return passed.reply;
  const place = kind === "Pod" ? podPlace(found.value, wish) : servicePlace(found.value, wish);
  if (!place.ok) return replyWith(place.status);
  return { kind: "proxy", target: { scheme: wish.scheme, to: place.value } };
}

interface Wish {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** Empty if none is named. */
  readonly port: string;
}

/** Reads `<name>`, `<name>:<port>` or `<scheme>:<name>:<port>`. */
function wishOf(text: string): Wish | undefined {
  const parts = text.split(":");
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  const isKnown = ["", "http", "https"].includes(scheme);
  if (parts.length > 3 || name === "" || !isKnown) return undefined;
  return { scheme: scheme === "https" ? "https" : "http", name, port };
}

/** The port that is served if nobody names one, as of any host. */
const portOfScheme = { http: 80, https: 443 } as const;

function podPlace(pod: KubeObject, { name, port, scheme }: Wish): Outcome<ProxyTarget["to"]> {
  const first = listAt(pod, "spec", "containers")
    .flatMap((container) => listAt(container, "ports"))
    .map((each) => numberAt(each, "containerPort"))
    .find((each) => each > 0);
  const number = port === "" ? (first ?? portOfScheme[scheme]) : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    return fail(badRequest(`invalid pod request "${name}:${port}"`));
  }
  const machine = textAt(pod, "spec", "nodeName");
  if (machine === "") return fail(badRequest(`pod ${name} does not have a host assigned`));
  return done({ kind: "pod", uid: pod.metadata.uid ?? "", machine, port: number });
}

/** A port is named by its number in the Service, or by its name. */
function servicePlace(service: KubeObject, { name, port }: Wish): Outcome<ProxyTarget["to"]> {
  const ports = listAt(service, "spec", "ports");
  const isNumber = /^\d+$/u.test(port);
  if (isNumber && !ports.some((each) => numberAt(each, "port") === Number(port))) {
    return fail(unavailable(`no service port ${port} found for service "${name}"`));
  }
  return done({ kind: "service", namespace: service.metadata.namespace ?? "", name, port });
}
