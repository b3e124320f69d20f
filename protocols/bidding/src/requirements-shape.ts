import type { Json } from "@beemesh/wire";
import { flag, list, oneOf, record, shaped, whole } from "./check.ts";
import type { Requirements } from "./requirements.ts";
import { isTerm, labelKey, labelValue, termsMax, valuesMax } from "./selector-shape.ts";

/** More of anything than manifests have, and far less than would hurt. */
const manyMax = 64;
const fewMax = 16;
/** Values of a topology label: zones, or the machines of a mesh where each is a domain. */
const domainsMax = 1024;

const taintEffect = oneOf("NoSchedule", "PreferNoSchedule", "NoExecute");

function isToleration(json: Json | undefined): json is Json {
  return shaped(
    json,
    {},
    {
      key: labelKey,
      operator: oneOf("Exists", "Equal"),
      value: labelValue,
      effect: taintEffect,
      tolerationSeconds: whole(-(2 ** 53), 2 ** 53),
    },
  );
}

/** The longest text of an address of IPv6 has 45 characters. */
function isAddress(json: Json | undefined): json is Json {
  return typeof json === "string" && /^[\d.:a-f]{2,45}$/iu.test(json);
}

function isHostPort(json: Json | undefined): json is Json {
  const protocol = oneOf("TCP", "UDP", "SCTP");
  return shaped(json, { port: whole(1, 65_535), protocol }, { ip: isAddress });
}

function isSpread(json: Json | undefined): json is Json {
  return shaped(json, {
    key: labelKey,
    maxSkew: whole(1, 2 ** 31),
    hard: flag,
    counts: record(whole(0, 2 ** 31), domainsMax),
  });
}

/** Whether JSON from outside states requirements, within limits. */
export function isRequirements(json: Json | undefined): json is Json & Requirements {
  return shaped(
    json,
    {
      cpuMillicores: whole(0, 2 ** 53),
      memoryBytes: whole(0, 2 ** 53),
      nodeSelector: record(labelValue, valuesMax),
      tolerations: list(isToleration, manyMax),
      hostPorts: list(isHostPort, manyMax),
      spread: list(isSpread, fewMax),
      apart: flag,
    },
    { nodeName: labelValue, affinity: list(isTerm, termsMax), runtimeHandler: labelValue },
  );
}
