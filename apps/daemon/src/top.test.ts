/** What machines and pods use, asked for with real kubectl. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { outerKubectls as kubectls } from "../../../test/kubectls.ts";
import { Client } from "./kubectl-client.test.ts";
import { podNamed, until, withStage } from "./stage.test.ts";

describe("kubectl top", { skip: kubectls.length === 0 && "there is no kubectl" }, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version}: shows machines and pods, whichever machine is asked`, () =>
      withStage(async (make) => {
        const [first, second] = [make("m1"), make("m2")];
        first.found();
        await first.plantImage();
        await first.start();
        second.join(first);
        await second.start();
        const pod = podNamed("busy");
        const burn = { name: "web", image: "localhost/beemesh-hello:1", imagePullPolicy: "Never" };
        const containers = [{ ...burn, command: ["sh", "-c", "while :; do :; done"] }];
        const spec = { containers, nodeName: "m1", terminationGracePeriodSeconds: 0 };
        await first.call("POST", "/api/v1/namespaces/default/pods", { ...pod, spec });
        await until("it runs", async () => (await first.phase("busy")) === "Running");
        const client = new Client(second, path);
        await until("both are alive", async () =>
          /m1 +Ready.*\n.*m2 +Ready/u.test(await client.done("get nodes")),
        );
        const nodes = await client.done("top nodes");
        assert.match(nodes, /^m1 +\d+m +\d+% +\d+Mi +\d+% *$/mu);
        assert.match(nodes, /^m2 +\d+m +\d+% +\d+Mi +\d+% *$/mu);
        const rows = await client.done("top pod --containers");
        const used = /^busy +web +(?<cpu>\d+)m +(?<memory>\d+)Mi *$/mu.exec(rows)?.groups;
        assert(Number(used?.["cpu"]) > 0, rows);
        assert.match(await client.done("top pod busy -n default"), /^busy /mu);
        assert.match((await client.run("top pod -l app=none")).output, /No resources found/u);
        await client.done("delete pod busy --timeout=60s");
      }));
  }
});
