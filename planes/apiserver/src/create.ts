/** POST to a collection: a new object. */
import { isCleaningUp, type KubeObject, type ObjectMeta } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { requestFaults, withRequester } from "./access/certificate-request.ts";
import { escalation } from "./access/escalation.ts";
import { admitted, generatedName, namespaceRefusal } from "./admission.ts";
import type { Call } from "./call.ts";
import { defaults, validate, warningsFor } from "./kind.ts";
import { readObject } from "./object-body.ts";
import { managersOf, tracked, withManagers } from "./ownership.ts";
import { formatOf, renderObject } from "./rendition.ts";
import { alreadyExists, conflict, forbidden, invalid, replyWith, type Status } from "./status.ts";
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
  const fresh =
    options.isTracked === true
      ? withManagers(made, managersOf(object))
      : tracked(call, { before: undefined, after: made, managers: [] }, options);
  const refusal = refusalOf(call, fresh);
  if (refusal !== undefined) return replyWith(refusal);

  const ticket = options.dryRun ? undefined : context.store.putSpec(info.resource, fresh);
  const shown = context.view.show(info.resource, ticket?.object ?? fresh);
  return {
    kind: "json",
    status: 201,
    body: renderObject(shown, { format: format.value, ...info, nowMs: call.now.wallMs }),
    warnings: [...options.warnings, ...warningsFor(info.resource, fresh)],
    ...(ticket === undefined ? {} : { ticket: ticket.id }),
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
      uid: call.context.makeUid(),
      creationTimestamp: formatTimestamp(call.now.wallMs),
      ...(resource.hasGeneration ? { generation: 1 } : {}),
    },
  });
}

function named({ context, info }: Call, { metadata }: KubeObject): ObjectMeta {
  const {
    deletionTimestamp: _,
    deletionGracePeriodSeconds: __,
    resourceVersion: ___,
    managedFields: ____,
    ...kept
  } = metadata;
  const prefix = metadata.generateName ?? "";
  if (metadata.name !== "" || prefix === "") return kept;
  let name = generatedName(prefix, context.random);
  for (let tried = 1; tried < generatedNamesMax; tried += 1) {
    if (context.store.get(info.resource, info.namespace, name) === undefined) break;
    name = generatedName(prefix, context.random);
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
  if (info.resource.custom !== undefined && isCleaningUp(info.resource.custom.definition)) {
    const why = "create not allowed while custom resource definition is terminating";
    return forbidden(info.resource, name, why);
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
