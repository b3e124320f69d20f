/** The objects of the benchmark, and writes at a steady rate. */

/** A ConfigMap as programs have them: some settings, half a kilobyte. */
export function mapText(name: string, sequence: number): string {
  const data = { sequence: String(sequence), settings: "key=value\n".repeat(40) };
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}

/** A pod with what pods have; of a machine that is not there, so that nobody runs it. */
export function podText(name: string, index: number): string {
  const env = Array.from({ length: 8 }, (_, n) => ({ name: `VARIABLE_${n}`, value: `value-${n}` }));
  const container = {
    name: "main",
    image: "registry.example.com/team/service:1.2.3",
    env,
    ports: [{ containerPort: 8080 }],
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "128Mi" } },
  };
  const labels = { app: `app-${index % 50}`, tier: "backend" };
  const spec = { nodeName: `fake-${index % 100}`, containers: [container] };
  return JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec });
}

/** What the pod's machine would say of it. */
export function podStatusText(index: number): string {
  const startedAt = "2026-01-01T00:00:00Z";
  const podIP = `10.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  const containerStatuses = [
    {
      name: "main",
      image: "registry.example.com/team/service:1.2.3",
      imageID: `sha256:${"a".repeat(64)}`,
      containerID: `fake://${index}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt } },
    },
  ];
  const status = { phase: "Running", podIP, podIPs: [{ ip: podIP }], startTime: startedAt };
  return JSON.stringify({ status: { ...status, containerStatuses } });
}

/** Does something with each number, so many at a time. */
export async function inParallel(
  count: number,
  atOnce: number,
  act: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next; index < count; index = next) {
      next += 1;
      await act(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/**
 * Acts at a steady rate, whether earlier acts have ended or not, and tells how long each took from
 * the moment when it was due: what waits behind a slow one counts as slow, too.
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  act: (index: number) => Promise<unknown>,
): Promise<readonly number[]> {
  const start = performance.now();
  const count = perSecond * seconds;
  const pending: Promise<number>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = start + (index * 1000) / perSecond;
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 1) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    const tookMs = act(index).then(() => performance.now() - dueMs);
    // One that fails is told of at the end, when everything that was begun can be removed.
    tookMs.catch(() => undefined);
    pending.push(tookMs);
  }
  return Promise.all(pending);
}
