import type { Duplex } from "node:stream";
import type { PeerCertificate } from "node:tls";
import type { Api } from "@beemesh/apiserver";
import { BeeError, type Now } from "@beemesh/base";
import type { ApiBackend, TunnelEnd } from "@beemesh/gateway";
import { apiVersionOf, decodeProtobuf, type ResourceBook } from "@beemesh/model";
import type {
  ApiReply,
  ApiRequest,
  Consultation,
  FinalReply,
  ProxyTarget,
  TokenAuthority,
  Tunnel,
  User,
  WebhookAnswer,
} from "@beemesh/ports";
import type { WebhookClient } from "@beemesh/webhook";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { decisiveCollections, reviewedToken, tokenCollections } from "./access.ts";
import { type Acknowledgements, type Holding, notDurable } from "./acknowledgements.ts";
import { admissionCollections, connectService } from "./admission.ts";
import type { DecidingHost } from "./deciding/deciding-host.ts";
import type { Host } from "./host.ts";
import type { Reading } from "./reading.ts";
import { statusReply } from "./status-reply.ts";
import type { PodAccess } from "./tunnel/pod-access.ts";
import { bringUsage, type UsageSources } from "./usage/usage-request.ts";

/** What requests are answered by that this machine answers itself. */
export interface HereOptions {
  readonly api: Api;
  readonly host: Pick<Host, "health" | "isBehind" | "committed" | "dispatch">;
  readonly clock: () => Now;
  /** Brings here what others keep before it is read. */
  readonly reading: Pick<Reading, "bring" | "bringAll" | "learn" | "namespaces">;
  /** Asks machines what they use before somebody is told. */
  readonly usages: UsageSources["usages"];
  readonly machine: { readonly objects: UsageSources["objects"] };
  /** Who signs and checks tokens of ServiceAccounts. */
  readonly tokens: TokenAuthority;
  /** Asks the webhooks of admission. */
  readonly webhooks: Pick<WebhookClient, "askAll">;
  readonly acknowledgements: Acknowledgements;
  /** Whether other machines are known, but none of them can be reached. */
  readonly isCutOff: () => boolean;
}

export interface BackendOptions extends HereOptions {
  readonly pods: PodAccess;
  /** Brings writes to the machine that decides them. */
  readonly deciding: Pick<DecidingHost, "decide">;
}

/** What answers the requests of one machine's Kubernetes API. */
export function createBackend(options: BackendOptions): ApiBackend {
  return {
    authenticate,
    authenticateToken: async (token) => {
      const wanted = tokenCollections(options.tokens, token);
      if (wanted.length === 0) return undefined;
      await options.reading.learn(wanted);
      return options.api.userOfToken(token, options.clock());
    },
    handle: (request) => answer(options, request),
    tunnel: (tunnel, request) => openTunnel(options.pods, tunnel, request),
    connect: (place) => connectPlace(options, place),
    decodeProtobuf,
    acknowledged: (ticket) => acknowledged(options, ticket),
  };
}

/** Answers a request by whoever decides it. */
async function answer(options: BackendOptions, request: ApiRequest): Promise<FinalReply> {
  const sources = { ...options, objects: options.machine.objects };
  await Promise.all([bringFor(options, request), bringUsage(sources, request)]);
  return options.deciding.decide(request);
}

/** Brings here all that a request is decided by. */
export async function bringFor(
  { reading, tokens }: Pick<HereOptions, "reading" | "tokens">,
  request: ApiRequest,
): Promise<void> {
  const token = reviewedToken(request);
  await Promise.all([
    reading.bring(request),
    reading.learn(decisiveCollections(request)),
    reading.bringAll(admissionCollections(request)),
    reading.learn(token === "" ? [] : tokenCollections(tokens, token)),
  ]);
}

/** Waits until a write is held widely enough, or has not been in time: then a warning says so. */
export async function acknowledged(
  {
    acknowledgements,
    host,
    isCutOff,
  }: {
    readonly acknowledgements: Acknowledgements;
    readonly host: Pick<Host, "isBehind" | "committed">;
    readonly isCutOff: () => boolean;
  },
  ticket: number,
): Promise<readonly string[]> {
  await host.committed();
  if (host.isBehind) throw notDurable();
  return warningsOf(await acknowledgements.wait(ticket), isCutOff());
}

/** Whom a client certificate stands for: its common name, and its organizations as groups. */
export function authenticate({ subject }: PeerCertificate): User | undefined {
  const { CN: name, O: organizations } = subject;
  if (typeof name !== "string" || name === "") return undefined;
  const groups = organizations === undefined ? [] : [organizations].flat();
  return { name, groups: [...groups, "system:authenticated"] };
}

/**
 * Answers one request by what is here, and lets the machine act on what it wrote. Webhooks are
 * asked until the API has a reply; it ends that itself when it takes too long.
 */
export function handleHere(
  {
    api,
    host,
    clock,
    webhooks,
  }: Pick<HereOptions, "api" | "clock" | "webhooks"> & {
    readonly host: Pick<Host, "health" | "dispatch">;
  },
  request: ApiRequest,
): FinalReply | Promise<FinalReply> {
  const isWrite = request.method !== "GET" && request.method !== "HEAD";
  const act = (next: () => ApiReply): ApiReply => {
    if (isWrite && host.health.disk !== "") return diskRefusal(host.health.disk);
    const reply = next();
    if (isWrite) host.dispatch({ kind: "tick" });
    return reply;
  };
  const finish = async (first: Consultation): Promise<FinalReply> => {
    let reply: ApiReply = first;
    while (reply.kind === "consult") {
      const { calls, resume } = reply;
      const answers: readonly WebhookAnswer[] = await webhooks.askAll(calls);
      reply = act(() => resume(answers, clock()));
    }
    return reply;
  };
  const reply = act(() => api.handle(request, clock()));
  return reply.kind === "consult" ? finish(reply) : reply;
}

function diskRefusal(trouble: string): FinalReply {
  const message = `Cannot write: this machine's disk is full: ${trouble}`;
  return statusReply({ code: 503, reason: "ServiceUnavailable", message });
}

/** What the writer should know of how widely the write is held. */
export function warningsOf({ holders, of }: Holding, isCutOff: boolean): readonly string[] {
  if (isCutOff) return ["this machine is cut off from the mesh: the write is held here alone"];
  if (of <= 1 || holders > 1) return [];
  return [`the write is held by 1 of ${of} keepers so far: the others have not answered`];
}

/** Connects to a pod, or to one behind a Service, for somebody whom roles allow it. */
function connectPlace(
  { pods, reading, machine }: BackendOptions,
  place: ProxyTarget["to"],
): Promise<Duplex> {
  if (place.kind === "pod") return pods.connect(place, place.port, "owner");
  return connectService({ objects: machine.objects, pods, reading }, place);
}

async function openTunnel(
  pods: PodAccess,
  { kind, uid, machine, container, query }: Tunnel,
  _request: ApiRequest,
): Promise<TunnelEnd> {
  const place = { uid, machine };
  const text = (name: string): string | undefined => query.get(name)?.[0];
  const isSet = (name: string): boolean => text(name) === "true" || text(name) === "1";
  if (kind === "portforward")
    return { kind: "ports", connect: (port) => pods.connect(place, port) };
  if (kind !== "log") {
    const command = query.get("command") ?? [];
    const wish = { kind, container, command, stdin: isSet("stdin"), tty: isSet("tty") };
    return { kind: "session", session: await pods.session(place, wish) };
  }
  const number = (name: string): number | undefined => {
    const value = Number(text(name) ?? Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const [tailLines, limitBytes] = [number("tailLines"), number("limitBytes")];
  const sinceMs = sinceOf(text("sinceTime"), number("sinceSeconds"));
  const output = await pods.log(place, container, {
    follow: isSet("follow"),
    previous: isSet("previous"),
    timestamps: isSet("timestamps"),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceMs !== undefined && { sinceMs }),
  });
  return { kind: "log", output };
}

/** Wall time from which log lines are wanted, by `sinceTime` or `sinceSeconds`. */
function sinceOf(time: string | undefined, seconds: number | undefined): number | undefined {
  const parsed = time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isFinite(parsed)) return parsed;
  return seconds === undefined ? undefined : Date.now() - seconds * 1000;
}

/** Applies an object as its owner would with `kubectl apply --server-side`. */
export async function applyObject(
  options: BackendOptions,
  object: JsonObject,
  { dryRun }: { readonly dryRun: boolean },
): Promise<{ readonly status: number; readonly body: unknown }> {
  const reply = await answer(
    options,
    applyRequest(object, dryRun, options.machine.objects.resources),
  );
  if (reply.kind !== "json") throw new BeeError("apply-failed", "Cannot apply: no JSON came back");
  if (reply.ticket !== undefined) await options.acknowledgements.wait(reply.ticket);
  return { status: reply.status, body: reply.body };
}

/** Reads or deletes one object, as its owner would with kubectl; the path is as in the API. */
export async function askObject(
  options: BackendOptions,
  method: "GET" | "DELETE",
  path: readonly string[],
): Promise<{ readonly status: number; readonly body: unknown }> {
  const request: ApiRequest = {
    method,
    path,
    query: new Map(),
    accept: "application/json",
    contentType: "application/json",
    body: undefined,
    user: classicUser,
  };
  const reply = await answer(options, request);
  if (reply.kind !== "json") throw new BeeError("apply-failed", "Cannot ask: no JSON came back");
  if (reply.ticket !== undefined) await options.acknowledgements.wait(reply.ticket);
  return { status: reply.status, body: reply.body };
}

/** Whoever may use the classic interface is the owner of the machine. */
const classicUser: User = {
  name: "beemesh:classic",
  groups: ["system:masters", "system:authenticated"],
};

function applyRequest(object: JsonObject, dryRun: boolean, book: ResourceBook): ApiRequest {
  const [apiVersion, kind] = [textOf(object["apiVersion"]), textOf(object["kind"])];
  const metadata = isJsonObject(object["metadata"]) ? object["metadata"] : {};
  const name = textOf(metadata["name"]);
  const namespace = textOf(metadata["namespace"]) || "default";
  const resource = book.exactly(apiVersion, kind);
  const version = resource === undefined ? apiVersion : apiVersionOf(resource);
  const root = version.includes("/") ? ["apis", ...version.split("/")] : ["api", version];
  const scope = resource?.namespaced === false ? [] : ["namespaces", namespace];
  const query = new Map([
    ["fieldManager", ["beemesh-classic"]],
    ["force", ["true"]],
    ["fieldValidation", ["Strict"]],
    ...(dryRun ? [["dryRun", ["All"]] as const] : []),
  ]);
  return {
    method: "PATCH",
    path: [...root, ...scope, resource?.name ?? kind.toLowerCase(), name],
    query,
    accept: "application/json",
    contentType: "application/apply-patch+yaml",
    body: object,
    user: classicUser,
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
