/** Volumes of a pod's own: what stands in them, with which mode, and how they follow a change. */
import assert from "node:assert/strict";
import type { Json, JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { configMap, objectOf, secret } from "./manifest.ts";
import { container, ending, printed, started, staying, untilLog } from "./pod-run.ts";
import type { World } from "./world.ts";

/** What a volume is made of an object: a ConfigMap or a Secret, by itself or projected. */
interface Source {
  readonly resource: "configmaps" | "secrets";
  readonly volume: (name: string, rest?: JsonObject) => JsonObject;
}

const byItself = { configmaps: ["configMap", "name"], secrets: ["secret", "secretName"] } as const;

function plain(resource: Source["resource"]): Source {
  const [member, named] = byItself[resource];
  return { resource, volume: (name, rest = {}) => ({ [member]: { [named]: name, ...rest } }) };
}

function projected(resource: Source["resource"]): Source {
  const [member] = byItself[resource];
  return {
    resource,
    volume: (name, { defaultMode, ...rest } = {}) => ({
      projected: {
        ...(defaultMode === undefined ? {} : { defaultMode }),
        sources: [{ [member]: { name, ...rest } }],
      },
    }),
  };
}

function dataObject({ resource }: Source, name: string, data: JsonObject): JsonObject {
  return resource === "configmaps" ? configMap(name, data) : secret(name, data);
}

const nonRoot: JsonObject = { securityContext: { runAsUser: 1000 } };

/** A pod with volumes, each at `/<name>`, that runs a script to its end. */
function withVolumes(
  script: string,
  volumes: Readonly<Record<string, JsonObject>>,
  rest: JsonObject = {},
): JsonObject {
  const volumeMounts = Object.keys(volumes).map((name) => ({ name, mountPath: `/${name}` }));
  const list = Object.entries(volumes).map(([name, volume]) => ({ name, ...volume }));
  return ending(container(script, { volumeMounts, ...rest }), { volumes: list });
}

const data = { "data-1": "value-1", "data-2": "value-2" };
const mapped: JsonObject = { items: [{ key: "data-2", path: "path/to/data-2" }] };
const mappedWithMode: JsonObject = {
  items: [{ key: "data-2", path: "path/to/data-2", mode: 0o400 }],
};

/** What a file says, and its mode. */
const look = (path: string): string => `cat ${path}; echo " $(stat -L -c %a ${path})"`;

function showsFile(
  source: Source,
  options: {
    readonly volume?: JsonObject;
    readonly path: string;
    readonly says: string;
    readonly container?: JsonObject;
  },
): Behaviour {
  return async (world) => {
    await world.create(source.resource, dataObject(source, "held", data));
    const volumes = { vol: source.volume("held", options.volume) };
    const spec = withVolumes(look(`/vol/${options.path}`), volumes, options.container);
    assert.equal(await printed(world, "reads", spec), `${options.says}\n`);
  };
}

function inSeveralVolumes(source: Source): Behaviour {
  return async (world) => {
    await world.create(source.resource, dataObject(source, "held", data));
    const volumes = { a: source.volume("held"), b: source.volume("held") };
    const spec = withVolumes("cat /a/data-1 /b/data-2", volumes);
    assert.equal(await printed(world, "reads", spec), "value-1value-2");
  };
}

/** Says each second what stands in files, each on a line of its own. */
function watches(files: readonly string[]): string {
  const line = files.map((file) => `$(cat ${file} 2>/dev/null || echo none)`).join(" ");
  return `trap 'exit 0' TERM; while :; do echo "[${line}]"; sleep 0.3; done`;
}

function followsChanges(source: Source): Behaviour {
  return async (world) => {
    await world.create(source.resource, dataObject(source, "held", { a: "before" }));
    const main = container(watches(["/vol/a"]), {
      volumeMounts: [{ name: "vol", mountPath: "/vol" }],
    });
    await started(
      world,
      "reads",
      staying(main, { volumes: [{ name: "vol", ...source.volume("held") }] }),
    );
    await untilLog(world, "reads", /\[before\]/u);
    await world.patch(source.resource, "held", changed(source, { a: "after" }));
    await untilLog(world, "reads", /\[after\]/u);
  };
}

function changed({ resource }: Source, texts: Readonly<Record<string, string>>): JsonObject {
  return resource === "configmaps" ? { data: texts } : { stringData: texts };
}

/** One that is deleted, one that is changed and one that is made, all of them optional. */
function followsOptional(source: Source): Behaviour {
  return async (world) => {
    for (const name of ["del", "upd"]) {
      await world.create(source.resource, dataObject(source, name, { a: "before" }));
    }
    const names = ["del", "upd", "new"];
    const main = container(watches(names.map((name) => `/${name}/a`)), {
      volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })),
    });
    const volumes = names.map((name) => ({ name, ...source.volume(name, { optional: true }) }));
    await started(world, "reads", staying(main, { volumes }));
    await untilLog(world, "reads", /\[before before none\]/u);
    await world.remove(source.resource, "del");
    await world.patch(source.resource, "upd", changed(source, { a: "after" }));
    await world.create(source.resource, dataObject(source, "new", { a: "made" }));
    await untilLog(world, "reads", /\[none after made\]/u);
  };
}

/** The names of one kind of volume: what is between is how the names call it. */
function volumesOf(
  prefix: string,
  words: { readonly consumable: string; readonly itemMode: string; readonly optional?: string },
  source: Source,
): Behaviours {
  return {
    [`${prefix} ${words.consumable}`]: showsFile(source, { path: "data-1", says: "value-1 644" }),
    [`${prefix} defaultMode`]: showsFile(source, {
      volume: { defaultMode: 0o400 },
      path: "data-1",
      says: "value-1 400",
    }),
    [`${prefix} mappings`]: showsFile(source, {
      volume: mapped,
      path: "path/to/data-2",
      says: "value-2 644",
    }),
    [`${prefix} mappings ${words.itemMode}`]: showsFile(source, {
      volume: mappedWithMode,
      path: "path/to/data-2",
      says: "value-2 400",
    }),
    [`${prefix} multiple volumes`]: inSeveralVolumes(source),
    [`${prefix} optional updates`]: followsOptional(source),
  };
}

const maps = plain("configmaps");
const secrets = plain("secrets");
const projectedMaps = projected("configmaps");
const projectedSecrets = projected("secrets");

function forOthers(prefix: string, source: Source): Behaviours {
  return {
    [`${prefix} non-root`]: showsFile(source, {
      path: "data-1",
      says: "value-1 644",
      container: nonRoot,
    }),
    [`${prefix} mappings non-root`]: showsFile(source, {
      volume: mapped,
      path: "path/to/data-2",
      says: "value-2 644",
      container: nonRoot,
    }),
  };
}

const ofData: Behaviours = {
  ...volumesOf(
    "stor ConfigMap",
    { consumable: "consumable in volume", itemMode: "Item mode" },
    maps,
  ),
  ...volumesOf(
    "stor Projected configMap",
    { consumable: "consumable", itemMode: "Item mode" },
    projectedMaps,
  ),
  ...volumesOf("stor Secrets vol", { consumable: "consumable", itemMode: "Item Mode" }, secrets),
  ...volumesOf(
    "stor Projected secret",
    { consumable: "consumable", itemMode: "Item Mode" },
    projectedSecrets,
  ),
  ...forOthers("stor ConfigMap", maps),
  ...forOthers("stor Projected configMap", projectedMaps),
  "stor ConfigMap updates reflected": followsChanges(maps),
  "stor Projected configMap updates": followsChanges(projectedMaps),

  "stor ConfigMap binary data": async (world) => {
    const bytes = Buffer.from([0xde, 0xca, 0xfe, 0x00, 0xff]);
    const binaryData = { "dump.bin": bytes.toString("base64") };
    await world.create(
      "configmaps",
      objectOf("configmaps", "ConfigMap", "held", { data: { a: "text" }, binaryData }),
    );
    const spec = withVolumes("cat /vol/a; hexdump -ve '1/1 \"%02x\"' /vol/dump.bin", {
      vol: maps.volume("held"),
    });
    assert.equal(await printed(world, "reads", spec), `text${bytes.toString("hex")}`);
  },

  "stor Secrets vol same name different namespace": async (world) => {
    const other = world.unique("other");
    await world.create("namespaces", objectOf("namespaces", "Namespace", other));
    world.atEnd(() => world.ok(`DELETE ${world.path("namespaces", other)}`));
    await world.ok(`POST /api/v1/namespaces/${other}/secrets`, secret("held", { a: "wrong" }));
    await world.create("secrets", secret("held", { a: "right" }));
    assert.equal(
      await printed(world, "reads", withVolumes("cat /vol/a", { vol: secrets.volume("held") })),
      "right",
    );
  },
};

/** A file that is written with a mode, and what is seen of it and of its volume. */
function writesFile(
  mode: string,
  options: { readonly isRoot: boolean; readonly isMemory: boolean },
): Behaviour {
  return async (world) => {
    const script = `echo text >/vol/f && chmod ${mode} /vol/f && stat -c '%a %u' /vol/f && cat /vol/f; grep ' /vol ' /proc/mounts | cut -d' ' -f3`;
    const volume = { emptyDir: options.isMemory ? { medium: "Memory" } : {} };
    const rest = options.isRoot ? {} : nonRoot;
    const log = await printed(world, "writes", withVolumes(script, { vol: volume }, rest));
    const [seen, text, type] = log.trimEnd().split("\n");
    assert.deepEqual([seen, text], [`${Number(mode)} ${options.isRoot ? 0 : 1000}`, "text"], log);
    assert.equal(type === "tmpfs", options.isMemory, log);
  };
}

function modeOf(volume: JsonObject): Behaviour {
  return async (world) => {
    assert.equal(
      await printed(world, "looks", withVolumes("stat -c %a /vol", { vol: volume })),
      "777\n",
    );
  };
}

const memory: JsonObject = { emptyDir: { medium: "Memory" } };

const empty: Behaviours = {
  ...Object.fromEntries(
    ["root", "non-root"].flatMap((who) =>
      ["0644", "0666", "0777"].flatMap((mode) =>
        ["default", "tmpfs"].map((medium) => [
          `stor EmptyDir ${who} ${mode} ${medium}`,
          writesFile(mode, { isRoot: who === "root", isMemory: medium === "tmpfs" }),
        ]),
      ),
    ),
  ),
  "stor EmptyDir default medium mode": modeOf({ emptyDir: {} }),
  "stor EmptyDir tmpfs mode": modeOf(memory),

  "stor EmptyDir shared volumes": async (world) => {
    const volumeMounts = [{ name: "vol", mountPath: "/vol" }];
    const writer = container("echo shared >/vol/.f && mv /vol/.f /vol/f", {
      name: "writer",
      volumeMounts,
    });
    const reader = container("until cat /vol/f 2>/dev/null; do sleep 0.1; done", { volumeMounts });
    const spec = ending(reader, {
      containers: [reader, writer],
      volumes: [{ name: "vol", emptyDir: {} }],
    });
    assert.equal(await printed(world, "shares", spec), "shared\n");
  },

  "stor EmptyDir wrapper not conflict": async (world) => {
    await world.create("configmaps", configMap("map", { a: "map" }));
    await world.create("secrets", secret("secret", { a: "secret" }));
    const volumes = {
      one: maps.volume("map"),
      two: secrets.volume("secret"),
      three: { emptyDir: {} },
    };
    const spec = withVolumes("cat /one/a /two/a; ls /three", volumes);
    assert.equal(await printed(world, "mixes", spec), "mapsecret");
  },

  "stor EmptyDir wrapper no race configmaps": async (world) => {
    const names = Array.from({ length: 50 }, (_, index) => `race-${index}`);
    for (const name of names) await world.create("configmaps", configMap(name, { a: `${name}\n` }));
    const volumes = Object.fromEntries(names.map((name) => [name, maps.volume(name)]));
    const spec = withVolumes("for d in /race-*; do cat $d/a; done | wc -l", volumes);
    const made = ["p0", "p1", "p2"].map((name) => printed(world, name, spec));
    assert.deepEqual(
      await Promise.all(made),
      made.map(() => "50\n"),
    );
  },
};

const field = (fieldPath: string): JsonObject => ({ fieldRef: { fieldPath } });
const ofMain = (resource: string, divisor: string): JsonObject => ({
  resourceFieldRef: { containerName: "main", resource, divisor },
});

/** Items of a downward volume, by itself or projected. */
type Downward = (items: readonly JsonObject[], rest?: JsonObject) => JsonObject;
const downwardAlone: Downward = (items, rest = {}) => ({ downwardAPI: { items, ...rest } });
const downwardProjected: Downward = (items, rest = {}) => ({
  projected: { sources: [{ downwardAPI: { items } }], ...rest },
});

const resources: JsonObject = {
  requests: { cpu: "250m", memory: "32Mi" },
  limits: { cpu: "1250m", memory: "64Mi" },
};

function showsField(
  volume: Downward,
  item: JsonObject,
  says: (world: World) => RegExp,
  rest: { readonly container?: JsonObject; readonly volume?: JsonObject } = {},
): Behaviour {
  return async (world) => {
    const items = [{ path: "f", ...item }];
    const spec = withVolumes(look("/vol/f"), { vol: volume(items, rest.volume) }, rest.container);
    assert.match(await printed(world, "tells", spec), says(world));
  };
}

function followsMetadata(volume: Downward, member: "labels" | "annotations"): Behaviour {
  return async (world) => {
    const items = [{ path: "f", ...field(`metadata.${member}`) }];
    const main = container(watches(["/vol/f"]), {
      volumeMounts: [{ name: "vol", mountPath: "/vol" }],
    });
    const spec = staying(main, { volumes: [{ name: "vol", ...volume(items) }] });
    await started(world, "tells", spec, { [member]: { key: "before" } });
    await untilLog(world, "tells", /key="before"/u);
    await world.patch("pods", "tells", { metadata: { [member]: { key: "after" } } });
    await untilLog(world, "tells", /key="after"/u);
  };
}

function downwardNames(
  prefix: string,
  volume: Downward,
  words: { readonly podName: string; readonly labels: string; readonly annotations: string },
): Behaviours {
  const ofResource = (item: JsonObject, says: RegExp): Behaviour =>
    showsField(volume, item, () => says, { container: { resources } });
  const ofMachine = (item: JsonObject): Behaviour =>
    showsField(volume, item, () => /^[1-9]\d* 644$/mu);
  const name: Json = field("metadata.name");
  return {
    [`${prefix} cpu limit`]: ofResource(ofMain("limits.cpu", "1m"), /^1250 644$/mu),
    [`${prefix} cpu request`]: ofResource(ofMain("requests.cpu", "1m"), /^250 644$/mu),
    [`${prefix} memory limit`]: ofResource(ofMain("limits.memory", "1Mi"), /^64 644$/mu),
    [`${prefix} memory request`]: ofResource(ofMain("requests.memory", "1Mi"), /^32 644$/mu),
    [`${prefix} allocatable cpu`]: ofMachine(ofMain("limits.cpu", "1")),
    [`${prefix} allocatable memory`]: ofMachine(ofMain("limits.memory", "1Mi")),
    [`${prefix} ${words.podName}`]: showsField(volume, name, () => /^tells 644$/mu),
    [`${prefix} DefaultMode`]: showsField(volume, name, () => /^tells 400$/mu, {
      volume: { defaultMode: 0o400 },
    }),
    [`${prefix} item mode`]: showsField(volume, { ...name, mode: 0o400 }, () => /^tells 400$/mu),
    [`${prefix} ${words.labels}`]: followsMetadata(volume, "labels"),
    [`${prefix} ${words.annotations}`]: followsMetadata(volume, "annotations"),
  };
}

const downward: Behaviours = {
  ...downwardNames("stor DownwardAPI vol", downwardAlone, {
    podName: "podname",
    labels: "update labels",
    annotations: "update annotations",
  }),
  ...downwardNames("stor Projected downwardAPI", downwardProjected, {
    podName: "podname",
    labels: "labels",
    annotations: "annotations",
  }),

  "stor Projected combined": async (world) => {
    await world.create("configmaps", configMap("map", { "map-data": "map" }));
    await world.create("secrets", secret("secret", { "secret-data": "secret" }));
    const sources = [
      { downwardAPI: { items: [{ path: "podname", ...field("metadata.name") }] } },
      { configMap: { name: "map" } },
      { secret: { name: "secret" } },
    ];
    const script = "cd /vol; cat podname map-data secret-data";
    assert.equal(
      await printed(world, "tells", withVolumes(script, { vol: { projected: { sources } } })),
      "tellsmapsecret",
    );
  },
};

/** One file of a volume, mounted where a program wants it. */
function readsPart(volume: JsonObject, path: string, says: string): Behaviour {
  return async (world) => {
    await world.create("configmaps", configMap("map", { part: "map" }));
    await world.create("secrets", secret("secret", { part: "secret" }));
    const main = container("cat /etc/part", {
      volumeMounts: [{ name: "vol", mountPath: "/etc/part", subPath: path }],
    });
    assert.equal(
      await printed(world, "reads", ending(main, { volumes: [{ name: "vol", ...volume }] })),
      says,
    );
  };
}

const parts: Behaviours = {
  "stor Subpath configmap": readsPart(maps.volume("map"), "part", "map"),
  "stor Subpath secret": readsPart(secrets.volume("secret"), "part", "secret"),
  "stor Subpath projected": readsPart(projectedMaps.volume("map"), "part", "map"),
  "stor Subpath downward": readsPart(
    downwardAlone([{ path: "deep/name", ...field("metadata.name") }]),
    "deep/name",
    "reads",
  ),
  "stor Subpath configmap existing file": async (world) => {
    await world.create("configmaps", configMap("map", { passwd: "own" }));
    const volumeMounts = [{ name: "vol", mountPath: "/etc/passwd", subPath: "passwd" }];
    const main = container("cat /etc/passwd; ls /etc/group", { volumeMounts });
    const spec = ending(main, { volumes: [{ name: "vol", ...maps.volume("map") }] });
    assert.equal(await printed(world, "reads", spec), "own/etc/group\n");
  },
};

export const volumes: Behaviours = { ...ofData, ...empty, ...downward, ...parts };
