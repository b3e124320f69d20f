import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Api, createApi, reunionKinds } from "@beemesh/apiserver";
import { type Now, shortName } from "@beemesh/base";
import { type ApiServer, type ClassicServer, createApiServer } from "@beemesh/gateway";
import { ServiceTokens } from "@beemesh/identity";
import { Machine, type MachineEvent } from "@beemesh/machine";
import type { KubeObject } from "@beemesh/model";
import type { ApiAccess } from "@beemesh/pods";
import type { Disk } from "@beemesh/ports";
import { introductionOf, revisionNote } from "@beemesh/registry";
import { Sidecars } from "@beemesh/runtime";
import { sidecarProgram } from "@beemesh/sidecar";
import { WebhookClient } from "@beemesh/webhook";
import { collectionOf } from "@beemesh/wire";
import { Acknowledgements, isCutOff } from "./acknowledgements.ts";
import { connectService } from "./admission.ts";
import { apiPlace, keysOfAll } from "./api-access.ts";
import {
  acknowledged,
  type BackendOptions,
  bringFor,
  createBackend,
  type HereOptions,
  handleHere,
} from "./backend.ts";
import { CertificateSigner } from "./certificate-signer.ts";
import { openClassic } from "./classic.ts";
import type { DaemonConfig } from "./config.ts";
import { DecidingHost } from "./deciding/deciding-host.ts";
import { Consents, placeOf } from "./external/consents.ts";
import { ProgramSidecars } from "./external/program-sidecars.ts";
import { Programs } from "./external/programs.ts";
import { readFacts, runtimeVersion } from "./facts.ts";
import { Home, type Membership } from "./home.ts";
import { Host, presentNow } from "./host.ts";
import { Ways } from "./ingress/ways.ts";
import type { Log } from "./log.ts";
import { createMeters, type Meters } from "./meters.ts";
import { tell } from "./observations.ts";
import { Parts } from "./parts.ts";
import { PodJudge } from "./pod-judge.ts";
import { NodePorts, type NodePortsOptions } from "./ports/node-ports.ts";
import { Reading } from "./reading.ts";
import { Renewal } from "./renewal.ts";
import { Rounds } from "./rounds.ts";
import { readStatus } from "./status.ts";
import { Traffic } from "./traffic.ts";
import { PodAccess } from "./tunnel/pod-access.ts";
import { Gauge } from "./usage/gauge.ts";
import { Usages } from "./usage/usages.ts";
import { WorkloadPlane, type WorkloadPlaneOptions } from "./workload/plane.ts";
import { announcedAddresses, WorkloadPort } from "./workload/workload-port.ts";
import { openWorld, systemRandom, type World } from "./world.ts";

/** A daemon that runs. */
export interface Daemon {
  readonly name: string;
  readonly apiPort: number;
  readonly httpPort: number;
  readonly workloadPort: number;
  /** Settles with the error when the machine has a bug and does nothing any more: stop, and end. */
  readonly crashed: Promise<unknown>;
  /** Lets requests finish, says goodbye to the mesh, and lets go of everything; pods go on. */
  stop(): Promise<void>;
}

/** What one start of a daemon is given. */
interface Start {
  readonly config: DaemonConfig;
  readonly log: Log;
  readonly clock: () => Now;
  readonly parts: Parts;
  readonly home: Home;
  readonly membership: Membership;
  /** The machine's name. */
  readonly name: string;
}

/** The parts of a daemon that know each other. */
interface Running {
  readonly world: World;
  readonly port: WorkloadPort;
  readonly machine: Machine;
  readonly host: Host;
  readonly api: Api;
  readonly meters: Meters;
  readonly acknowledgements: Acknowledgements;
  readonly traffic: Traffic;
  readonly usages: Usages;
  readonly tokens: ServiceTokens;
  /** Judges pods that controllers make. */
  readonly judge: PodJudge;
  readonly crashed: Promise<unknown>;
  /** Who is to be told when machines come or go. */
  readonly members: { onChange: () => void };
}

/** The note that counts this machine's boots; each has a higher incarnation than the one before. */
const incarnationNote = "membership.incarnation";

/** How soon after the start, and how often then, it is looked whether renewal is due. */
const firstRenewalMs = 5000;
const renewalMs = 10 * 60_000;

/** How often certificate requests are looked at whose change was not heard of. */
const signerMs = 60_000;

/**
 * Starts the daemon of one machine: everything is put together here, and nowhere else.
 *
 * @param clock - The present; a test may let it jump.
 * @throws {BeeError} `mesh-absent`, `data-in-use`, `address-in-use`, `runtime-unavailable`; what
 *   was started is stopped again.
 */
export async function startDaemon(
  config: DaemonConfig,
  log: Log,
  clock: () => Now = presentNow,
): Promise<Daemon> {
  const parts = new Parts();
  try {
    const home = new Home(config.data);
    const membership = home.open();
    const name = config.name ?? `beemesh-node-${shortName(membership.key.id, 6)}`;
    return await start({ config, log, clock, parts, home, membership, name });
  } catch (error) {
    await parts.close();
    throw error;
  }
}

async function start(given: Start): Promise<Daemon> {
  const { config, log, clock, parts, name } = given;
  mkdirSync(join(config.data, "run"), { recursive: true, mode: 0o700 });
  const running = await assemble(given);
  const { world, machine, host, api, crashed } = running;
  const nudge = (): void => host.dispatch({ kind: "tick" });
  const reading = new Reading(machine, nudge);
  const consents = new Consents({ disk: world.disk, namespaces: config.allowExternal });
  const known = { self: name, objects: machine.objects, reading, nudge, consents };
  const sidecars = openSidecars(given);
  const standing = sidecars && new ProgramSidecars(sidecars);
  const programs = new Programs({
    ...known,
    sidecars: standing,
    wallMs: () => clock().wallMs,
    onRefused: (object, reason) => host.dispatch(notAccepted(object, reason)),
  });
  parts.add(programs, (all) => all.close());
  consents.onChange = (place) => programs.regard(place);
  const listening = { api: 0, http: 0 };
  const plane = makePlane(given, running, { reading, sidecars, ownPorts: () => listening });
  const pods = await openPods(given, running, { programs, plane });
  connect(world, host, log);
  host.dispatch({ kind: "start" });
  api.bootstrap(clock());
  host.dispatch({ kind: "found", pods: await world.runtime.list() });
  const rounds = parts.add(goRounds(given, running), (opened) => opened.close());
  world.disk.onTrouble = (failure) => {
    if (failure === "") host.saved();
    rounds.lookAtDisk();
  };
  rounds.lookAtDisk();
  await openRenewal(given, running);
  openSigner(given, running);
  followDefinitions(given, running);
  const isCutOffNow = (): boolean => isCutOff(machine);
  const way = { objects: machine.objects, pods, reading };
  const webhooks = new WebhookClient({ connect: (service) => connectService(way, service) });
  running.judge.open({ api, webhooks, reading, clock });
  const here = { ...running, reading, clock, webhooks, isCutOff: isCutOffNow };
  const deciding = await openDeciding(given, running, here);
  const backend = { ...here, pods, deciding };
  const server = parts.add(await openApi(given, backend), (opened) => opened.close());
  const classic = parts.add(
    await openWays(given, running, { backend, plane, consents }),
    (opened) => opened.close(),
  );
  listening.api = server.port;
  listening.http = classic.port;
  openPorts(given, running, backend);
  await plane.open();
  void programs.look();
  log.info("Machine is up", { machine: name, api: server.port, http: classic.port });
  log.info("Mesh is here", { addresses: world.link.addresses().join(",") });
  const stop = (): Promise<void> => parts.close();
  const ports = { apiPort: server.port, httpPort: classic.port, workloadPort: running.port.port };
  return { name, ...ports, crashed, stop };
}

/** Makes what decides and what performs; nothing happens yet. */
async function assemble(given: Start): Promise<Running> {
  const { config, home, log, clock, parts, membership } = given;
  const world = await openWorld(config, membership, { log, parts });
  const port = new WorkloadPort({ host: config.meshHost, port: config.workloadPort });
  parts.add(port, (opened) => opened.close());
  await port.listen();
  const tokens = new ServiceTokens(membership.key, world.directory);
  const rootCa = home.serverCredential([]).authority;
  const known: { api?: Api } = {};
  const access: ApiAccess = {
    ...apiPlace(config, world.runtime),
    rootCa,
    token: (pod, wish) => known.api?.tokenFor({ pod, ...wish }, clock())?.token,
  };
  const offered = { workloadPort: port.port, access, tokenCertificate: tokens.certificate };
  const machine = await makeMachine(given, world, offered);
  const meters = createMeters(machine, world.link);
  const acknowledgements = new Acknowledgements();
  const usages = makeUsages(given, world, machine);
  await usages.serve();
  const api = createApi({
    tokens: keysOfAll(tokens, machine),
    rootCa,
    knows: ({ name, group }, namespace) => machine.knows(collectionOf(name, group, namespace)),
    store: machine.objects,
    random: systemRandom,
    makeUid: () => randomUUID(),
    isAlive: (node) => machine.isAlive(node),
    usage: () => usages.all(),
  });
  known.api = api;
  const members = { onChange: (): void => undefined };
  const judge = new PodJudge();
  const { promise: crashed, resolve: onCrash } = Promise.withResolvers<unknown>();
  const { disk, link, runtime } = world;
  const host = new Host({
    machine,
    disk,
    link,
    runtime,
    log,
    now: clock,
    onCrash,
    onAcknowledged: (ticket, holding) => acknowledgements.settle(ticket, holding),
    measure: async (machines) => {
      await usages.gather(machines);
      return usages.all();
    },
    admit: (making) => judge.judge(making),
    onMachines: () => {
      api.machinesChanged(clock());
      members.onChange();
    },
    onObserve: (event, facts) => {
      meters.observe(event, facts);
      tell(log, event, facts);
    },
  });
  parts.add(host, (running) => running.stop());
  const traffic = new Traffic();
  const kept = { acknowledgements, traffic, usages, tokens, judge, members };
  return { world, port, machine, host, api, meters, ...kept, crashed };
}

/** What this machine uses, and what others tell. */
function makeUsages({ clock, name: self }: Start, world: World, machine: Machine): Usages {
  const gauge = new Gauge({
    self,
    runtime: world.runtime,
    pods: () => machine.ownPods().map(({ metadata }) => metadata.uid ?? ""),
    wallMs: () => clock().wallMs + machine.clockOffsetMs(clock()),
  });
  return new Usages({
    self,
    gauge,
    streams: world.link,
    peerOf: (peer) => machine.peerOf(peer),
    isAlive: (peer) => machine.isAlive(peer),
  });
}

/** What a machine offers its pods and others. */
interface Offered {
  readonly workloadPort: number;
  readonly access: ApiAccess;
  readonly tokenCertificate: string;
}

async function makeMachine(
  { config, clock, membership, name }: Start,
  { disk, directory, link, runtime }: World,
  { workloadPort, access, tokenCertificate }: Offered,
): Promise<Machine> {
  const { key } = membership;
  const { version } = await runtime.check();
  const known = {
    name,
    peer: key.id,
    addresses: link.addresses(),
    workloadAddresses: announcedAddresses(config.meshHost, workloadPort),
    runtimeVersion: runtimeVersion(runtime.name, version),
    runtimeHandlers: runtime.handlers,
  };
  return new Machine({
    facts: { ...readFacts(config, known), tokenCertificate },
    signer: key,
    verifier: directory,
    introductions: directory,
    random: systemRandom,
    now: clock(),
    incarnation: nextIncarnation(disk),
    entries: disk.load(),
    ceiling: disk.get(revisionNote),
    kinds: reunionKinds,
    access,
  });
}

function nextIncarnation(disk: Disk): number {
  const next = Number(disk.get(incarnationNote) ?? "0") + 1;
  disk.set(incarnationNote, String(next));
  return next;
}

/** The way into pods past their sidecars; whoever is not the owner is let in by policy. */
async function openPods(
  { membership, name: self }: Start,
  { machine, world }: Running,
  { programs, plane }: { readonly programs: Programs; readonly plane: WorkloadPlane },
): Promise<PodAccess> {
  const { runtime, link } = world;
  const pods = new PodAccess({
    self,
    peer: membership.key.id,
    runtime,
    streams: link,
    peerOf: (name) => machine.peerOf(name),
    admitIngress: (uid, issuer, port) => plane.admitIngress(uid, issuer, port),
    programs,
  });
  await pods.serve();
  return pods;
}

/** Brings what the mesh and the runtime say to the machine. */
function connect({ link, runtime }: World, host: Host, log: Log): void {
  link.onEvent((event) => host.dispatch({ kind: "link", event }));
  link.onRefused((peer, by, reason) => log.warn("Refused a peer", { peer, by, reason }));
  runtime.onEvent((event) => {
    if (event.kind === "health") host.report({ runtime: event.ok ? "" : event.message });
    host.dispatch({ kind: "runtime", event });
  });
}

/** Looks now and then at what nobody tells. */
function goRounds({ config, log, clock }: Start, running: Running): Rounds {
  const { world, machine, host, api, traffic } = running;
  const { disk, link, runtime } = world;
  return new Rounds({
    host,
    log,
    now: clock,
    data: config.data,
    diskFailure: () => disk.failure,
    clockOffsetMs: () => machine.clockOffsetMs(clock()),
    listPods: () => runtime.list(),
    tickApi: () => api.tick(clock()),
    measure: () => traffic.read({ at: clock().at, ...link.stats() }),
  });
}

/** Keeps this machine's membership fresh, and that of others where the owner's key is. */
async function openRenewal(given: Start, { world, machine }: Running): Promise<void> {
  const { clock, home, log, membership, parts } = given;
  const { directory, link } = world;
  const renewal = new Renewal({
    self: membership.key.id,
    directory,
    streams: link,
    peers: () => link.peers(),
    random: systemRandom,
    issuer: () => home.issuer(),
    nowMs: () => clock().wallMs + machine.clockOffsetMs(clock()),
    onRenewed: (certificate) => {
      home.keepCertificate(certificate);
      log.info("Renewed the membership certificate");
      for (const peer of link.peers()) link.send(peer, introductionOf(certificate));
    },
  });
  await renewal.serve();
  const look = (): void => {
    renewal.look().catch((error: unknown) => {
      log.warn("Could not renew membership", { reason: String(error) });
    });
  };
  parts.add(setTimeout(look, firstRenewalMs), (timer) => clearTimeout(timer));
  parts.add(setInterval(look, renewalMs), (timer) => clearInterval(timer));
}

/** How often a machine looks whether it holds records that it cannot read. */
const definitionsMs = 10_000;

/**
 * A machine that keeps objects of a custom resource looks after them, which it cannot without
 * their definition: it follows those while it lacks one.
 */
function followDefinitions({ parts }: Start, { machine, host }: Running): void {
  const definitions = collectionOf("customresourcedefinitions", "apiextensions.k8s.io");
  const { resources } = machine.objects;
  const look = (): void => {
    // Who has followed goes on: without the definitions it would lose sight of the objects.
    if (resources.edition === 0 && !resources.isLacking) return;
    machine.follow(definitions);
    host.dispatch({ kind: "tick" });
  };
  parts.add(setInterval(look, definitionsMs), (timer) => clearInterval(timer));
}

/** Lets one machine decide all writes of a collection, this one or another. */
async function openDeciding(
  { clock, log, membership, parts }: Start,
  running: Running,
  here: HereOptions,
): Promise<DecidingHost> {
  const { machine, api, host, meters } = running;
  const streams = running.world.link;
  const deciding = new DecidingHost({
    self: membership.key.id,
    machine,
    api,
    host,
    streams,
    clock,
    bring: (request) => bringFor(here, request),
    handle: (request) => handleHere({ ...here, host }, request),
    acknowledged: (ticket) => acknowledged({ ...here, host }, ticket),
    observe: (event, facts) => {
      meters.observe(event, facts);
      tell(log, event, facts);
    },
  });
  parts.add(deciding, (opened) => opened.close());
  running.members.onChange = () => deciding.machinesChanged();
  await deciding.serve(streams);
  return deciding;
}

/** Signs certificates of users where the owner's key is. */
function openSigner({ clock, home, log, parts }: Start, { machine, host }: Running): void {
  const signer = new CertificateSigner({
    objects: machine.objects,
    follow: (collection) => machine.follow(collection),
    authority: () => home.userAuthority(),
    nowMs: () => clock().wallMs + machine.clockOffsetMs(clock()),
    nudge: () => host.dispatch({ kind: "tick" }),
    log,
  });
  parts.add(signer, (opened) => opened.close());
  signer.look();
  parts.add(
    setInterval(() => signer.look(), signerMs),
    (timer) => clearInterval(timer),
  );
}

/** What stands before programs outside containers, whatever runs pods; Linux only. */
function openSidecars({ config, parts }: Start): Sidecars | undefined {
  if (process.platform !== "linux") return undefined;
  const folder = join(config.data, "runtime", "external");
  const sidecars = new Sidecars({ folder, sidecarPath: sidecarProgram() });
  return parts.add(sidecars, (opened) => opened.close());
}

/** The machine's side of the workload plane; it takes nobody in before it is opened. */
function makePlane(
  { config, clock, log, parts, membership, name }: Start,
  { world, port, machine, host, meters }: Running,
  rest: Pick<WorkloadPlaneOptions, "reading" | "sidecars" | "ownPorts">,
): WorkloadPlane {
  const plane = new WorkloadPlane({
    ...rest,
    self: name,
    key: membership.key,
    mesh: membership.mesh,
    tracesUrl: config.tracesUrl,
    folder: join(config.data, "run"),
    host: config.meshHost,
    port,
    machine,
    members: world.directory,
    runtime: world.runtime,
    link: world.link,
    meters,
    log,
    clock,
    dispatch: (event) => host.dispatch(event),
  });
  return parts.add(plane, (opened) => opened.close());
}

async function openApi(given: Start, backend: BackendOptions): Promise<ApiServer> {
  const { config, home, membership, name, log } = given;
  const { certificate, key } = home.serverCredential([name]);
  return createApiServer({
    ...createBackend(backend),
    port: config.apiPort,
    unixPath: home.apiSocket,
    identity: { certificate, key, authority: membership.apiTrust.userAuthority },
    observe: (event, facts) => tell(log, event, facts),
  });
}

/** What the classic interface shows of the rest. */
interface Shown {
  readonly backend: BackendOptions & { readonly reading: Reading };
  readonly plane: WorkloadPlane;
  readonly consents: Consents;
}

/** The classic interface, the ways into services, and what an operator asks. */
function openWays(
  { config, home, log, membership, name, parts }: Start,
  { world, machine, host, meters, traffic }: Running,
  shown: Shown,
): Promise<ClassicServer> {
  const { backend, plane, consents } = shown;
  const { objects } = machine;
  const { pods, reading } = backend;
  const nowMs = (): number => performance.now();
  const ways = parts.add(new Ways({ objects, pods, reading, log, nowMs }), (all) => all.close());
  const { key, mesh } = membership;
  const known = { name, peer: key.id, mesh, machine, link: () => world.link.stats() };
  return openClassic({
    name,
    host: config.httpHost,
    port: config.httpPort,
    unixPath: home.httpSocket,
    backend,
    ways,
    meters,
    consents,
    metrics: () => plane.metrics(),
    connections: () => plane.connections(),
    status: () =>
      readStatus({ ...known, bytesPerMinute: traffic.bytesPerMinute(), health: host.health }),
  });
}

/** The ports of this machine that lead to Services and pods, where its owner lets it open any. */
function openPorts(
  { config, log, name: self, parts }: Start,
  { machine }: Running,
  { pods, reading }: Pick<NodePortsOptions, "pods" | "reading">,
): void {
  const { nodePortHost: host } = config;
  if (host === "") return;
  const { objects } = machine;
  const ownPods = (): ReturnType<Machine["ownPods"]> => machine.ownPods();
  const ports = new NodePorts({ self, host, objects, ownPods, pods, reading, log });
  parts.add(ports, (opened) => opened.close());
}

/** What a record's watchers see that names this machine without its owner's consent. */
function notAccepted(object: KubeObject, message: string): MachineEvent {
  const { apiVersion, kind, metadata } = object;
  const involved = { apiVersion, kind, ...placeOf(object), uid: metadata.uid ?? "" };
  const occurrence = { object: involved, type: "Warning", reason: "NotAccepted", message } as const;
  return { kind: "occurrence", occurrence };
}
