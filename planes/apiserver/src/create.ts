/** POST to a collection: a new object. */
import { hashOf, seededRandom } from "@beemesh/base";
import { isCleaningUp, type KubeObject, type ObjectMeta } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { requestFaults, withRequester } from "./access/certificate-request.ts";
import { escalation } from "./access/escalation.ts";
import { admit, judge } from "./admission/chain.ts";
import { generatedName } from "./admission/generated-name.ts";
import { type Intent, optionsObject } from "./admission/intent.ts";
import { prepared } from "./admission/preparation.ts";
import { expressionFaults } from "./admission/rules-fault.ts";
import { allocationFaults } from "./admission/service-allocation.ts";
import type { Call } from "./call.ts";
import { defaults, validate, warningsFor } from "./kind.ts";
import { decodeObject } from "./object-body.ts";
import { managersOf, tracked, withManagers } from "./ownership.ts";
import { type Format, formatOf, renderObject } from "./rendition.ts";
import { alreadyExists, conflict, forbidden, invalid, replyWith, type Status } from "./status.ts";
import { formatTimestamp } from "./timestamp.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

/** Random names that are tried before the client is told to try again. */
const generatedNamesMax = 8;

/** Answers a POST to a collection. */
export function create(call: Call): ApiReply {
  const options = writeOptionsOf(call.request, "CreateOptions");
  if (!options.ok) return replyWith(options.status);
  const read = decodeObject(call.request.body, { ...call.info, name: "" }, options.value);
  if (!read.ok) return replyWith(read.status);
  return createObject(call, read.value.object, {
    ...options.value,
    warnings: read.value.warnings,
  });
}

/** How an object is to be created. */
export interface Creation extends WriteOptions {
  readonly warnings: readonly string[];
  /** Whether the object says already who owns what, as one that is applied does. */
  readonly isTracked?: boolean;
}

/** Creates `object`, which was read for the call's destination. */
export function createObject(call: Call, object: KubeObject, options: Creation): ApiReply {
  const { context, info } = call;
  const format = formatOf(call.request, "object");
  if (!format.ok) return replyWith(format.status);
  const wanted = wantedObject(call, object);
  const admitted = admit(call, intentOf(wanted, options));
  if (!admitted.ok) return admitted.reply;
  const made = freshObject(call, admitted.intent.object ?? wanted);
  const reply = (shown: KubeObject): JsonReply =>
    createdReply(call, { shown, wanted, format: format.value, warnings: options.warnings });
  const earlier = earlierObject(call, made);
  if (earlier !== undefined) return reply(earlier);
  const fresh =
    options.isTracked === true
      ? withManagers(made, managersOf(object))
      : tracked(call, { before: undefined, after: made, managers: [] }, options);
  const refusal = refusalOf(call, fresh);
  if (refusal !== undefined) return replyWith(refusal);
  const judged = judge(call, { ...admitted.intent, object: fresh });
  if (judged !== undefined) return judged;
  const taken = takenName(call, fresh);
  if (taken !== undefined) return replyWith(taken);
  if (options.dryRun) return reply(fresh);
  const ticket = context.store.putSpec(info.resource, fresh);
  return { ...reply(ticket.object), ticket: ticket.id };
}

/** What the same request made when it was answered before, and its answer was lost. */
function earlierObject({ context, info, request }: Call, made: KubeObject): KubeObject | undefined {
  const found = context.store.get(info.resource, info.namespace, made.metadata.name);
  return found?.metadata.uid === (request.uid ?? "") ? found : undefined;
}

type JsonReply = Extract<ApiReply, { kind: "json" }>;

interface Created {
  readonly shown: KubeObject;
  /** As its author wants it. */
  readonly wanted: KubeObject;
  readonly format: Format;
  /** What was to be said of the body. */
  readonly warnings: readonly string[];
}

function createdReply(
  { context, info, now }: Call,
  { shown, wanted, format, warnings }: Created,
): JsonReply {
  const { resource } = info;
  const object = context.view.show(resource, shown);
  return {
    kind: "json",
    status: 201,
    body: renderObject(object, { format, ...info, nowMs: now.wallMs }),
    warnings: [...warnings, ...warningsFor(resource, wanted)],
  };
}

function intentOf(object: KubeObject, options: WriteOptions): Intent {
  return {
    operation: "CREATE",
    object,
    before: undefined,
    name: object.metadata.name,
    options: optionsObject("CREATE", options),
    dryRun: options.dryRun,
  };
}

/** The object as its author wants it; what only the server may set is not believed. */
function wantedObject(call: Call, object: KubeObject): KubeObject {
  const { resource } = call.info;
  const { status, ...rest } = object;
  const kept = resource.hasStatus || status === undefined ? rest : object;
  const own = withRequester(resource, kept, call.request.user);
  const {
    generation: _,
    uid: __,
    creationTimestamp: ___,
    deletionTimestamp: ____,
    deletionGracePeriodSeconds: _____,
    resourceVersion: ______,
    managedFields: _______,
    ...metadata
  } = object.metadata;
  return defaults(resource, { ...own, metadata });
}

/** The object with what only the server sets. */
function freshObject(call: Call, wanted: KubeObject): KubeObject {
  const { resource } = call.info;
  return prepared({
    ...wanted,
    metadata: {
      ...named(call, wanted),
      uid: call.request.uid ?? call.context.makeUid(),
      creationTimestamp: formatTimestamp(call.now.wallMs),
      ...(resource.hasGeneration ? { generation: 1 } : {}),
    },
  });
}

function named({ context, info, request }: Call, { metadata }: KubeObject): ObjectMeta {
  const prefix = metadata.generateName ?? "";
  if (metadata.name !== "" || prefix === "") return metadata;
  const { uid } = request;
  const random = uid === undefined ? context.random : seededRandom(hashOf(uid));
  let name = generatedName(prefix, random);
  for (let tried = 1; tried < generatedNamesMax; tried += 1) {
    const taken = context.store.get(info.resource, info.namespace, name);
    if (taken === undefined || taken.metadata.uid === uid) break;
    name = generatedName(prefix, random);
  }
  return { ...metadata, name };
}

function refusalOf(call: Call, fresh: KubeObject): Status | undefined {
  const { context, info } = call;
  const { name } = fresh.metadata;
  if (name === "") {
    const message = "Required value: name or generateName is required";
    const cause = { reason: "FieldValueRequired", message, field: "metadata.name" };
    return invalid(info.resource, name, [cause]);
  }
  if (info.resource.custom !== undefined && isCleaningUp(info.resource.custom.definition)) {
    const why = "create not allowed while custom resource definition is terminating";
    return forbidden(info.resource, name, why);
  }
  const violations = [
    ...validate(info.resource, fresh),
    ...requestFaults(info.resource, fresh),
    ...expressionFaults(context.expressions, info.resource, { next: fresh }),
    ...allocationFaults(context.store, info.resource, { next: fresh }),
  ];
  if (violations.length > 0) return invalid(info.resource, name, violations);
  return escalation({ ...context, ...info, user: call.request.user, next: fresh });
}

/** That an object of this name is there; undefined if none is. */
function takenName({ context, info }: Call, fresh: KubeObject): Status | undefined {
  const { name } = fresh.metadata;
  if (context.store.get(info.resource, info.namespace, name) === undefined) return undefined;
  if (fresh.metadata.generateName === undefined) return alreadyExists(info.resource, name);
  return conflict(info.resource, name, "the generated name is taken, please try again");
}
