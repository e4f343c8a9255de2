/** A way to a port of this machine that a test can close: what is on it breaks, and nothing new gets through. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** See the top of this file. */
export interface TcpGate {
  readonly port: number;
  /** Breaks all connections, and refuses new ones until it is opened. */
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

/** Opens a gate to a port. */
export async function openTcpGate(to: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let isShut = false;
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    hold(near);
    if (isShut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(to.port, to.host);
    hold(far);
    near.pipe(far);
    far.pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    shut() {
      isShut = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    open() {
      isShut = false;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
