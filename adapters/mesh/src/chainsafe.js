/** What chainsafe.d.ts declares, and why. */
export { yamux } from "@chainsafe/libp2p-yamux";
export { YamuxStream } from "@chainsafe/libp2p-yamux/stream";

export async function loadQuic() {
  const { quic } = await import("@chainsafe/libp2p-quic");
  return quic();
}
