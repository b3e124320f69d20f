import type { Socket } from "node:net";

/**
 * Lets a socket send together what is written to it in one turn: the encrypter writes the length
 * of each message by itself, and a segment of two bytes costs as many as its headers, twice.
 */
export function packWrites(socket: Socket): void {
  const write = socket.write.bind(socket);
  let isPacking = false;
  const packed = (...args: Parameters<typeof write>): boolean => {
    if (!isPacking) {
      isPacking = true;
      socket.cork();
      process.nextTick(() => {
        isPacking = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  Object.defineProperty(socket, "write", { value: packed, configurable: true, writable: true });
}
