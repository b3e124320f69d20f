/**
 * Rules for what offers devices and what asks for them: classes, claims, their templates, slices.
 *
 * Source: k8s.io/kubernetes, pkg/apis/resource/validation.
 */
import type { Json, JsonObject } from "@beemesh/wire";
import { type Cause, duplicate, forbidden, invalid, required, tooLong, tooMany } from "./cause.ts";
import { entriesAt, isSet, listAt, numberAt, objectsAt, textAt, textOf } from "./members.ts";
import { labelError, subdomainError } from "./name.ts";
import { duplicates, type Rules } from "./rule.ts";
import { named, oneOf, type ValueCheck, type ValueRules } from "./value-check.ts";

/** Name of a driver of devices: Kubernetes' own limit, as for those of volumes. */
const driverLengthMax = 63;
/** Name of a pool of devices, Kubernetes' own. */
const poolLengthMax = 253;
/** Name of an attribute of a device, Kubernetes' own. */
const identifierLengthMax = 32;
/** Devices of one slice, Kubernetes' own. */
const devicesMax = 128;
/** Devices of one slice where any of them says more: half as many, as in Kubernetes. */
const taintedDevicesMax = 64;
/** Attributes and capacities of one device, Kubernetes' own. */
const propertiesMax = 32;
/** Text of an attribute of a device, Kubernetes' own. */
const attributeLengthMax = 64;
/** Taints of one device, Kubernetes' own. */
const taintsMax = 16;
/** What a claim tells a driver, in JSON: Kubernetes' own 10 KiB. */
const parametersLengthMax = 10_240;

/** Rules by type. */
export const deviceRules: Rules = {
  "resource.v1.DeviceClaim": claimCauses,
  "resource.v1.DeviceRequest": requestCauses,
  "resource.v1.ExactDeviceRequest": countCauses,
  "resource.v1.DeviceSubRequest": countCauses,
  "resource.v1.DeviceSelector": ({ cel }, path) => (isSet(cel) ? [] : [required(`${path}.cel`)]),
  "resource.v1.DeviceClassConfiguration": opaqueCauses,
  "resource.v1.DeviceClaimConfiguration": opaqueCauses,
  "resource.v1.OpaqueDeviceConfiguration": ({ parameters }, path) => {
    const isLong = JSON.stringify(parameters ?? null).length > parametersLengthMax;
    return isLong ? [tooLong(`${path}.parameters`, parametersLengthMax)] : [];
  },
  "resource.v1.ResourceClaimStatus": (status, path) => {
    const isReserved = listAt(status, "reservedFor").length > 0;
    const rule = "may not be specified when `allocated` is not set";
    const isWrong = isReserved && !isSet(status["allocation"]);
    return isWrong ? [forbidden(`${path}.reservedFor`, rule)] : [];
  },
  "resource.v1.ResourceSliceSpec": sliceCauses,
  "resource.v1.ResourcePool": (pool, path) => [
    ...((numberAt(pool, "resourceSliceCount") ?? 0) <= 0
      ? [
          invalid(
            `${path}.resourceSliceCount`,
            numberAt(pool, "resourceSliceCount") ?? 0,
            "must be greater than zero",
          ),
        ]
      : []),
    ...((numberAt(pool, "generation") ?? 0) < 0
      ? [invalid(`${path}.generation`, pool["generation"], "must be greater than or equal to zero")]
      : []),
  ],
  "resource.v1.Device": deviceCauses,
  "resource.v1.DeviceAttribute": attributeCauses,
};

const label = named(labelError);
const count = {
  allocationMode: oneOf("All", "ExactCount"),
  deviceClassName: named(subdomainError),
};

/** The checks of each type's fields. */
export const deviceValueRules: ValueRules = {
  "resource.v1.DeviceRequest": { name: label },
  "resource.v1.ExactDeviceRequest": count,
  "resource.v1.DeviceSubRequest": { ...count, name: label },
  "resource.v1.OpaqueDeviceConfiguration": { driver: driverCheck },
  "resource.v1.DeviceConstraint": {
    matchAttribute: attributeName,
    distinctAttribute: attributeName,
  },
  "resource.v1.ResourceSliceSpec": { driver: driverCheck, nodeName: named(subdomainError) },
  "resource.v1.ResourcePool": { name: poolCheck },
  "resource.v1.Device": { name: label, nodeName: named(subdomainError) },
  "resource.v1.CounterSet": { name: label },
};

/** A driver is named as those of volumes are. */
function driverCheck(value: Json, field: string): readonly Cause[] {
  const text = textOf(value);
  if (text.length > driverLengthMax) return [tooLong(field, driverLengthMax)];
  return named((name) => subdomainError(name.toLowerCase()))(value, field);
}

function poolCheck(value: Json, field: string): readonly Cause[] {
  const text = textOf(value);
  if (text.length > poolLengthMax) return [tooLong(field, poolLengthMax)];
  return text === "" ? [] : text.split("/").flatMap((part) => partCauses(part, field));
}

function partCauses(part: string, field: string): readonly Cause[] {
  const rule = subdomainError(part);
  return rule === undefined ? [] : [invalid(field, part, rule)];
}

/** `driver.example.com/model`: whose attribute it is, and which. */
function attributeName(value: Json, field: string): readonly Cause[] {
  const text = textOf(value);
  const rule = "a fully qualified name must be a domain and a name separated by a slash";
  return [
    ...propertyNameCauses(text, field),
    ...(text.includes("/") ? [] : [invalid(field, text, rule)]),
  ];
}

/** The name of an attribute or a capacity; without a domain it is the driver's. */
function propertyNameCauses(text: string, field: string): readonly Cause[] {
  const parts = text.split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) return [invalid(field, text, "must not contain more than one slash")];
  if (second === undefined) return identifierCauses(first, field);
  const domain: ValueCheck = (value, at) =>
    value === "" ? [invalid(at, "", "the domain must not be empty")] : driverCheck(value, at);
  return [
    ...domain(first, field),
    ...(second === ""
      ? [invalid(field, "", "the name must not be empty")]
      : identifierCauses(second, field)),
  ];
}

function identifierCauses(text: string, field: string): readonly Cause[] {
  if (text.length > identifierLengthMax) return [tooLong(field, identifierLengthMax)];
  if (/^[A-Za-z_]\w*$/u.test(text)) return [];
  const rule =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of " +
    "alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for " +
    "validation is '[A-Za-z_][A-Za-z0-9_]*')";
  return [invalid(field, text, rule)];
}

/** Requests have names of their own, by which constraints and settings speak of them. */
function claimCauses(claim: JsonObject, path: string): readonly Cause[] {
  const requests = objectsAt(claim, "requests");
  const names = new Set(
    requests.flatMap((request) => {
      const name = textAt(request, "name");
      const subs = objectsAt(request, "firstAvailable").map((sub) => textAt(sub, "name"));
      return [name, ...subs.map((sub) => `${name}/${sub}`)];
    }),
  );
  const references = ["constraints", "config"].flatMap((member) =>
    objectsAt(claim, member).flatMap((each, index) =>
      referenceCauses(listAt(each, "requests"), names, `${path}.${member}[${index}].requests`),
    ),
  );
  const constraints = objectsAt(claim, "constraints").flatMap((each, index) =>
    isSet(each["matchAttribute"]) || isSet(each["distinctAttribute"])
      ? []
      : [required(`${path}.constraints[${index}].matchAttribute`)],
  );
  return [...uniqueNames(requests, `${path}.requests`), ...references, ...constraints];
}

function uniqueNames(items: readonly JsonObject[], path: string): readonly Cause[] {
  return duplicates(
    items.map((item, index) => ({ key: textAt(item, "name"), field: `${path}[${index}]` })),
  );
}

function referenceCauses(
  listed: readonly Json[],
  names: ReadonlySet<string>,
  path: string,
): readonly Cause[] {
  const rule =
    "must be the name of a request in the claim or the name of a request and a subrequest " +
    "separated by '/'";
  return listed.flatMap((value, index) => {
    const field = `${path}[${index}]`;
    const isAgain = listed.indexOf(value) < index;
    return [
      ...(names.has(textOf(value)) ? [] : [invalid(field, value, rule)]),
      ...(isAgain ? [duplicate(field, value)] : []),
    ];
  });
}

function requestCauses(request: JsonObject, path: string): readonly Cause[] {
  const choices = objectsAt(request, "firstAvailable");
  const kinds = [isSet(request["exactly"]), choices.length > 0].filter(Boolean).length;
  const rule = "exactly one of `exactly` or `firstAvailable` is required";
  if (kinds === 0) return [required(path, rule)];
  if (kinds > 1) return [invalid(path, null, `${rule}, but multiple fields are set`)];
  return uniqueNames(choices, `${path}.firstAvailable`);
}

function countCauses(request: JsonObject, path: string): readonly Cause[] {
  const [mode, wanted = 0] = [textAt(request, "allocationMode"), numberAt(request, "count")];
  const field = `${path}.count`;
  if (mode === "All" && wanted !== 0) {
    return [invalid(field, wanted, "must not be specified when allocationMode is 'All'")];
  }
  return mode === "ExactCount" && wanted <= 0
    ? [invalid(field, wanted, "must be greater than zero")]
    : [];
}

function opaqueCauses({ opaque }: JsonObject, path: string): readonly Cause[] {
  return isSet(opaque) ? [] : [required(`${path}.opaque`)];
}

/** Which of some members say where devices are; a flag only by being true. */
function placesOf(object: JsonObject, members: readonly string[]): readonly string[] {
  return members.filter((member) => {
    const value = object[member];
    return isSet(value) && value !== false && value !== "";
  });
}

const ofSlice = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"];
const ofDevice = ["nodeName", "nodeSelector", "allNodes"];

const quoted = (members: readonly string[]): string =>
  members.map((member) => `\`${member}\``).join(", ");

function sliceCauses(spec: JsonObject, path: string): readonly Cause[] {
  const devices = objectsAt(spec, "devices");
  return [
    ...placeCauses(spec, path),
    ...(isSet(spec["sharedCounters"]) && isSet(spec["devices"])
      ? [invalid(path, "", "only one of `sharedCounters` or `devices` is allowed")]
      : []),
    ...devicesCauses(devices, `${path}.devices`),
    ...uniqueNames(objectsAt(spec, "sharedCounters"), `${path}.sharedCounters`),
    ...devices.flatMap((device, index) =>
      devicePlaceCauses(
        device,
        spec["perDeviceNodeSelection"] === true,
        `${path}.devices[${index}]`,
      ),
    ),
  ];
}

function placeCauses(spec: JsonObject, path: string): readonly Cause[] {
  const places = placesOf(spec, ofSlice);
  const flags = ["allNodes", "perDeviceNodeSelection"].filter((member) => spec[member] === false);
  const rule = `exactly one of ${quoted(ofSlice)} is required`;
  return [
    ...flags.map((flag) =>
      invalid(`${path}.${flag}`, false, "must be either unset or set to true"),
    ),
    ...(places.length === 0 ? [required(path, rule)] : []),
    ...(places.length > 1
      ? [invalid(path, `{${quoted(places)}}`, `${rule}, but multiple fields are set`)]
      : []),
  ];
}

function devicesCauses(devices: readonly JsonObject[], path: string): readonly Cause[] {
  const isTainted = devices.some(
    (device) =>
      listAt(device, "taints").length > 0 || listAt(device, "consumesCounters").length > 0,
  );
  const most = isTainted ? taintedDevicesMax : devicesMax;
  return devices.length > most ? [tooMany(path, devices.length, most)] : uniqueNames(devices, path);
}

function devicePlaceCauses(
  device: JsonObject,
  isEachPlaced: boolean,
  path: string,
): readonly Cause[] {
  const whole = "`perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  const places = placesOf(device, ofDevice);
  if (!isEachPlaced) {
    const rule = `\`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if ${whole}`;
    return ofDevice.some((member) => isSet(device[member])) ? [invalid(path, null, rule)] : [];
  }
  const rule = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when " + whole;
  if (places.length === 0) return [required(path, rule)];
  return places.length > 1 ? [invalid(path, `{${quoted(places)}}`, rule)] : [];
}

function deviceCauses(device: JsonObject, path: string): readonly Cause[] {
  const properties = ["attributes", "capacity"].flatMap((member) =>
    entriesAt(device, member).map(([name]) => ({ name, field: `${path}.${member}` })),
  );
  const taints = listAt(device, "taints");
  const most = `the total number of attributes and capacities must not exceed ${propertiesMax}`;
  const isShared = device["allowMultipleAllocations"] === true;
  return [
    ...(properties.length > propertiesMax ? [invalid(path, properties.length, most)] : []),
    ...properties.flatMap(({ name, field }) => propertyNameCauses(name, field)),
    ...(taints.length > taintsMax ? [tooMany(`${path}.taints`, taints.length, taintsMax)] : []),
    ...(isShared ? [] : policyCauses(device, path)),
  ];
}

function policyCauses(device: JsonObject, path: string): readonly Cause[] {
  return entriesAt(device, "capacity").flatMap(([name, capacity]) =>
    isSet(Object(capacity).requestPolicy)
      ? [
          forbidden(
            `${path}.capacity[${name}].requestPolicy`,
            "allowMultipleAllocations must be true",
          ),
        ]
      : [],
  );
}

const attributeMembers = [
  "bool",
  "int",
  "string",
  "version",
  "bools",
  "ints",
  "strings",
  "versions",
];

/** As semver.org has it: three numbers, and what comes before a release and after it. */
const number = String.raw`(?:0|[1-9]\d*)`;
const words = String.raw`[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*`;
const versionPattern = new RegExp(
  String.raw`^${number}\.${number}\.${number}(?:-${words})?(?:\+${words})?$`,
  "u",
);

function attributeTextCauses(attribute: JsonObject, path: string): readonly Cause[] {
  const texts = ["string", "version"].filter((member) => isSet(attribute[member]));
  const version = attribute["version"];
  const rule = "must be a string compatible with semver.org spec 2.0.0";
  return [
    ...texts
      .filter((member) => textAt(attribute, member).length > attributeLengthMax)
      .map((member) => tooLong(`${path}.${member}`, attributeLengthMax)),
    ...(isSet(version) && !versionPattern.test(textOf(version))
      ? [invalid(`${path}.version`, version, rule)]
      : []),
  ];
}

function attributeCauses(attribute: JsonObject, path: string): readonly Cause[] {
  const values = attributeMembers.filter((member) => isSet(attribute[member]));
  const rule = "exactly one value must be specified";
  const shown = values.length === 0 ? "" : attribute;
  return [
    ...attributeTextCauses(attribute, path),
    ...(values.length === 1 ? [] : [invalid(path, shown, rule)]),
  ];
}
