/**
 * Log, exec, attach and port-forward: this part says which container on which machine is meant,
 * or why there is none; the bytes go another way.
 */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply, ApiRequest, Tunnel } from "@beemesh/ports";
import { pass } from "./admission/chain.ts";
import { type Call, storedObject } from "./call.ts";
import { fieldAt, listAt, textAt } from "./field.ts";
import {
  badRequest,
  type Cause,
  invalid,
  methodNotAllowed,
  type Outcome,
  replyWith,
} from "./status.ts";

/** Answers what is asked of `pods/<name>/log`. */
export function log(call: Call): ApiReply {
  if (call.info.verb !== "get") return replyWith(methodNotAllowed());
  return tunnelled(call, "log", (pod) => {
    const causes = wrongLogOptions(call.request.query);
    if (causes.length > 0) {
      const kind = { name: "", kind: "PodLogOptions", group: "" };
      return { ok: false, status: invalid(kind, call.info.name, causes) };
    }
    const container = containerOf(pod, call.request.query);
    return container.ok ? startedContainer(pod, container.value, call.request.query) : container;
  });
}

/** Answers what is asked of `pods/<name>/exec`. */
export function exec(call: Call): ApiReply {
  return tunnelled(call, "exec", (pod) => {
    const { query } = call.request;
    if (!hasStream(query)) return { ok: false, status: badRequest(noStream) };
    if ((query.get("command") ?? []).length === 0) {
      return { ok: false, status: badRequest("you must specify the command") };
    }
    return containerOf(pod, query);
  });
}

/** Answers what is asked of `pods/<name>/attach`. */
export function attach(call: Call): ApiReply {
  return tunnelled(call, "attach", (pod) =>
    hasStream(call.request.query)
      ? containerOf(pod, call.request.query)
      : { ok: false, status: badRequest(noStream) },
  );
}

/** Answers what is asked of `pods/<name>/portforward`. */
export function portForward(call: Call): ApiReply {
  return tunnelled(call, "portforward", () => ({ ok: true, value: "" }));
}

const noStream = "you must specify at least 1 of stdin, stdout, stderr";

function hasStream(query: ApiRequest["query"]): boolean {
  return ["stdin", "stdout", "stderr"].some((key) => isTrue(query, key));
}

function isTrue(query: ApiRequest["query"], key: string): boolean {
  return ["true", "1"].includes(query.get(key)?.[0] ?? "");
}

function tunnelled(
  call: Call,
  kind: Tunnel["kind"],
  containerFor: (pod: KubeObject) => Outcome<string>,
): ApiReply {
  const { info, request } = call;
  if (info.verb !== "get" && info.verb !== "create") return replyWith(methodNotAllowed());
  const pod = storedObject(call);
  if (!pod.ok) return replyWith(pod.status);
  const refusal = kind === "log" ? undefined : connectionRefusal(call, kind);
  if (refusal !== undefined) return refusal;
  const container = containerFor(pod.value);
  if (!container.ok) return replyWith(container.status);
  const machine = textAt(pod.value, "spec", "nodeName");
  if (machine === "") return notBound(kind, info.name);
  const { uid = "" } = pod.value.metadata;
  const { namespace, name } = info;
  return {
    kind: "tunnel",
    tunnel: {
      kind,
      namespace,
      pod: name,
      uid,
      machine,
      container: container.value,
      query: request.query,
    },
  };
}

const optionKinds = {
  exec: "PodExecOptions",
  attach: "PodAttachOptions",
  portforward: "PodPortForwardOptions",
} as const;

/** What admission has against a connection; a log is only read. */
function connectionRefusal(call: Call, kind: keyof typeof optionKinds): ApiReply | undefined {
  const { query } = call.request;
  const container = query.get("container")?.[0] ?? "";
  const streams = ["stdin", "stdout", "stderr", "tty"].filter((key) => isTrue(query, key));
  const command = query.get("command") ?? [];
  const ports = (query.get("ports") ?? []).flatMap((text) => text.split(",")).map(Number);
  const passed = pass(call, {
    operation: "CONNECT",
    object: {
      apiVersion: "v1",
      kind: optionKinds[kind],
      metadata: { name: "" },
      ...Object.fromEntries(streams.map((key) => [key, true])),
      ...(container === "" ? {} : { container }),
      ...(command.length === 0 ? {} : { command }),
      ...(ports.length === 0 ? {} : { ports }),
    },
    before: undefined,
    name: call.info.name,
    options: {},
    dryRun: false,
  });
  return passed.ok ? undefined : passed.reply;
}

/** A pod that runs nowhere has no log yet, and nothing to speak to. */
function notBound(kind: Tunnel["kind"], name: string): ApiReply {
  if (kind === "log") {
    return { kind: "bytes", status: 200, contentType: "text/plain", body: "" };
  }
  return replyWith(badRequest(`pod ${name} does not have a host assigned`));
}

function containerOf(pod: KubeObject, query: ApiRequest["query"]): Outcome<string> {
  const { name } = pod.metadata;
  const names = namesOf(pod, "containers");
  const others = [...namesOf(pod, "initContainers"), ...namesOf(pod, "ephemeralContainers")];
  const asked = query.get("container")?.[0] ?? "";
  if (asked !== "") {
    if (names.includes(asked) || others.includes(asked)) return { ok: true, value: asked };
    const message = `container ${asked} is not valid for pod ${name}`;
    return { ok: false, status: badRequest(message) };
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return { ok: true, value: only };
  const initNames = namesOf(pod, "initContainers");
  const choices = `choose one of: [${names.join(" ")}]`;
  const initChoices =
    initNames.length === 0 ? "" : ` or one of the init containers: [${initNames.join(" ")}]`;
  const message = `a container name must be specified for pod ${name}, ${choices}${initChoices}`;
  return { ok: false, status: badRequest(message) };
}

function namesOf(pod: KubeObject, member: string): readonly string[] {
  return listAt(pod, "spec", member).map((container) => textAt(container, "name"));
}

/** The container, if by its status it has anything to read; as the kubelet answers. */
function startedContainer(
  pod: KubeObject,
  container: string,
  query: ApiRequest["query"],
): Outcome<string> {
  const status = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
    .flatMap((member) => listAt(pod, "status", member))
    .find((candidate) => textAt(candidate, "name") === container);
  const { name } = pod.metadata;
  const hadEarlier = fieldAt(status, "lastState", "terminated") !== undefined;
  if (status !== undefined && isTrue(query, "previous") && !hadEarlier) {
    const message = `previous terminated container "${container}" in pod "${name}" not found`;
    return { ok: false, status: badRequest(message) };
  }
  const waiting = fieldAt(status, "state", "waiting");
  if (waiting === undefined || hadEarlier) return { ok: true, value: container };
  const why = waitingText(textAt(waiting, "reason"));
  const message = `container "${container}" in pod "${name}" is waiting to start: ${why}`;
  return { ok: false, status: badRequest(message) };
}

function waitingText(reason: string): string {
  if (reason === "ErrImagePull") return "image can't be pulled";
  return reason === "ImagePullBackOff" ? "trying and failing to pull image" : reason;
}

/** Numbers of the log's query, and the least that each may be. */
const logNumbers = [
  ["tailLines", 0],
  ["sinceSeconds", 1],
  ["limitBytes", 1],
] as const;

function wrongLogOptions(query: ApiRequest["query"]): readonly Cause[] {
  const wrong = logNumbers.flatMap(([field, min]): Cause[] => {
    const text = query.get(field)?.[0];
    const value = Number(text);
    if (text === undefined || (Number.isSafeInteger(value) && value >= min)) return [];
    const bound = min === 0 ? "greater than or equal to 0" : "greater than 0";
    const message = `Invalid value: ${text}: must be ${bound}`;
    return [{ reason: "FieldValueInvalid", field, message }];
  });
  if (!query.has("sinceSeconds") || !query.has("sinceTime")) return wrong;
  const message = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
  return [...wrong, { reason: "FieldValueForbidden", field: "sinceSeconds", message }];
}
