/**
 * The bare relay beside which the server is measured, as a process of its own: one room, every
 * message goes to everybody else. It knows nothing, checks nothing and keeps nothing: what it
 * costs is what sockets cost.
 */

import { type WebSocket, WebSocketServer } from "ws";

const sockets = new Set<WebSocket>();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("message", (data) => {
    for (const other of sockets) if (other !== socket) other.send(data, { binary: true });
  });
});
server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object") process.stdout.write(`http://127.0.0.1:${address?.port}\n`);
});
