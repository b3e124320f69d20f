import { callUnix } from "@beemesh/dev";
import { isJsonObject, parseJson } from "@beemesh/wire";

/** Tells how long Podman itself needs to create and start the example's container. */
export type PodmanTimer = () => Promise<number>;

/** The lowest API that has what is needed; newer services speak it too. */
const api = "/v4.0.0/libpod";

/** The container that a pod of the benchmark has, asked for as bare as Podman can. */
const container = {
  image: "localhost/beemesh-hello:1",
  // A network of its own with nothing in it, as a pod has.
  netns: { nsmode: "none" },
  terminal: false,
};

/**
 * Measures Podman through the REST socket of the very store that a machine runs its pods in. The
 * container is removed again; that is not counted.
 *
 * The timer throws an Error with Podman's words if it refuses.
 */
export function createPodmanTimer(socketPath: string): PodmanTimer {
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const sent =
      body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await callUnix(socketPath, { method, path: `${api}${path}`, ...sent });
    if (answer.status < 400) return answer.body;
    throw new Error(`Cannot ${method} ${path}: Podman answers ${answer.status}: ${answer.body}`);
  };
  return async () => {
    const start = performance.now();
    const made = parseJson(await call("POST", "/containers/create", container));
    const id = isJsonObject(made) && typeof made["Id"] === "string" ? made["Id"] : "";
    await call("POST", `/containers/${id}/start`);
    const took = performance.now() - start;
    await call("DELETE", `/containers/${id}?force=true&timeout=0`);
    return took;
  };
}
