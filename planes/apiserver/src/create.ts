/** POST to a collection: a new object. */
import { hashOf, seededRandom } from "@beemesh/base";
import { defaults, type KubeObject, type ObjectMeta, validate, warningsFor } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { requestFaults, withRequester } from "./access/certificate-request.ts";
import { escalation } from "./access/escalation.ts";
import { admitted, generatedName, namespaceRefusal } from "./admission.ts";
import type { Call } from "./call.ts";
import { readObject } from "./object-body.ts";
import { managersOf, tracked, withManagers } from "./ownership.ts";
import { type Format, formatOf, renderObject } from "./rendition.ts";
import { alreadyExists, conflict, invalid, replyWith, type Status } from "./status.ts";
import { formatTimestamp } from "./timestamp.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

/** Random names that are tried before the client is told to try again. */
const generatedNamesMax = 8;

/** Answers a POST to a collection. */
export function create(call: Call): ApiReply {
  const options = writeOptionsOf(call.request, "CreateOptions");
  if (!options.ok) return replyWith(options.status);
  const read = readObject(call.request.body, { ...call.info, name: "" }, options.value);
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
  const made = freshObject(call, object);
  const earlier = context.store.get(info.resource, info.namespace, made.metadata.name);
  // The same request was answered before, here or elsewhere, and its answer was lost.
  if (earlier !== undefined && earlier.metadata.uid === (call.request.uid ?? ""))
    return createdReply(call, { shown: earlier, format: format.value, options });
  const fresh =
    options.isTracked === true
      ? withManagers(made, managersOf(object))
      : tracked(call, { before: undefined, after: made, managers: [] }, options);
  const refusal = refusalOf(call, fresh);
  if (refusal !== undefined) return replyWith(refusal);

  const ticket = options.dryRun ? undefined : context.store.putSpec(info.resource, fresh);
  const shown = ticket?.object ?? fresh;
  const reply = createdReply(call, { shown, format: format.value, options });
  return ticket === undefined ? reply : { ...reply, ticket: ticket.id };
}

interface Created {
  readonly shown: KubeObject;
  readonly format: Format;
  readonly options: Creation;
}

function createdReply(
  { context, info, now }: Call,
  { shown, format, options }: Created,
): Extract<ApiReply, { kind: "json" }> {
  const object = context.view.show(info.resource, shown);
  return {
    kind: "json",
    status: 201,
    body: renderObject(object, { format, ...info, nowMs: now.wallMs }),
    warnings: [...options.warnings, ...warningsFor(info.resource, shown)],
  };
}

/** The object with what only the server sets; what only the server may set is not believed. */
function freshObject(call: Call, object: KubeObject): KubeObject {
  const { resource } = call.info;
  const { status, ...rest } = object;
  const kept = resource.hasStatus || status === undefined ? rest : object;
  const own = withRequester(resource, kept, call.request.user);
  const whole = defaults(resource, { ...own, metadata: named(call, object) });
  const { generation: _, ...metadata } = whole.metadata;
  return admitted({
    ...whole,
    metadata: {
      ...metadata,
      uid: call.request.uid ?? call.context.makeUid(),
      creationTimestamp: formatTimestamp(call.now.wallMs),
      ...(resource.hasGeneration ? { generation: 1 } : {}),
    },
  });
}

function named({ context, info, request }: Call, { metadata }: KubeObject): ObjectMeta {
  const {
    deletionTimestamp: _,
    deletionGracePeriodSeconds: __,
    resourceVersion: ___,
    managedFields: ____,
    ...kept
  } = metadata;
  const prefix = metadata.generateName ?? "";
  if (metadata.name !== "" || prefix === "") return kept;
  const { uid } = request;
  const random = uid === undefined ? context.random : seededRandom(hashOf(uid));
  let name = generatedName(prefix, random);
  for (let tried = 1; tried < generatedNamesMax; tried += 1) {
    const taken = context.store.get(info.resource, info.namespace, name);
    if (taken === undefined || taken.metadata.uid === uid) break;
    name = generatedName(prefix, random);
  }
  return { ...kept, name };
}

function refusalOf(call: Call, fresh: KubeObject): Status | undefined {
  const { context, info } = call;
  const { name } = fresh.metadata;
  if (name === "") {
    const message = "Required value: name or generateName is required";
    const cause = { reason: "FieldValueRequired", message, field: "metadata.name" };
    return invalid(info.resource, name, [cause]);
  }
  const namespace = namespaceRefusal(call, name);
  if (namespace !== undefined) return namespace;
  const violations = [...validate(info.resource, fresh), ...requestFaults(info.resource, fresh)];
  if (violations.length > 0) return invalid(info.resource, name, violations);
  const more = escalation({ ...context, ...info, user: call.request.user, next: fresh });
  if (more !== undefined) return more;
  if (context.store.get(info.resource, info.namespace, name) === undefined) return undefined;
  if (fresh.metadata.generateName === undefined) return alreadyExists(info.resource, name);
  return conflict(info.resource, name, "the generated name is taken, please try again");
}
