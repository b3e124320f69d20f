import { request } from "node:http";
import { text } from "node:stream/consumers";

/** One plain HTTP exchange over a Unix socket, at most ten seconds long. */
export function callUnix(
  socketPath: string,
  call: {
    readonly path: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const { path, method = "GET", headers = {}, body } = call;
    const options = {
      socketPath,
      path,
      method,
      headers: { host: "localhost", ...headers },
      timeout: 10_000,
    };
    const sent = request(options, (response) => {
      text(response).then(
        (received) => resolve({ status: response.statusCode ?? 0, body: received }),
        reject,
      );
    });
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
    sent.end(body);
  });
}
