/**
 * Light clients: sockets that speak just enough to send updates and to tell what arrived, without
 * a Y.Doc or a store, so that fifty of them in one process are not what is measured. The server
 * cannot tell them from a replica.
 */

import {
  type Channel,
  connectWebSocket,
  createTag,
  createWriterId,
  inspectUpdate,
} from "@croft/core";
import { decodeDown, encodeUp, PROTOCOL_VERSION } from "@croft/core/protocol";
import * as Y from "yjs";

/** Somebody in the room. */
export interface Peer {
  /** Sends an update; the first one is number 1. */
  send(update: Uint8Array): void;
  close(): void;
}

/** What a peer hears. */
export interface PeerListener {
  /** Everything that the writer with this Yjs client id made before `clock` is here. */
  delivered(client: number, clock: number): void;
  /** Everything up to number `n` is on the server's disk. The relay never says so. */
  saved(n: number): void;
  /** A whole snapshot came instead of updates. */
  snapshot(): void;
}

/** Opens a peer in the one room of a server. */
export type OpenPeer = (url: string, listener: PeerListener) => Promise<Peer>;

/** A peer of the relay: a message is an update. */
export const openRelayPeer: OpenPeer = async (url, listener) => {
  const channel = await connectWebSocket(url);
  channel.onFrame((frame) => tell(frame, listener));
  return { send: (update) => channel.send(update), close: () => channel.close(1000, "") };
};

/** Opens peers of a croft server, all in one document of one workspace. */
export function openCroftPeers(token: string, workspace: string, path: string): OpenPeer {
  return async (url, listener) => {
    const channel = await connectWebSocket(`${url}/sync/${workspace}`);
    const joined = Promise.withResolvers<void>();
    channel.onClose(({ code, reason }) => joined.reject(new Error(`closed: ${code} ${reason}`)));
    channel.onFrame((frame) => receive(channel, frame, path, listener, joined.resolve));
    const version = PROTOCOL_VERSION;
    const writer = createWriterId();
    channel.send(
      encodeUp({
        type: "hello",
        version,
        workspace,
        writer,
        term: 0,
        attempt: 1,
        token,
        agent: "bench",
      }),
    );
    await joined.promise;
    let first = 0;
    return {
      send(update) {
        first++;
        const updates = [{ tag: createTag(), update }];
        channel.send(
          encodeUp({ type: "submit", doc: 1, basis: undefined, plugin: "", first, updates }),
        );
      },
      close: () => channel.close(1000, ""),
    };
  };
}

function receive(
  channel: Channel,
  frame: Uint8Array,
  path: string,
  listener: PeerListener,
  joined: () => void,
): void {
  const message = decodeDown(frame);
  switch (message.type) {
    case "welcome":
      channel.send(encodeUp({ type: "open", doc: 1, path, cursor: undefined }));
      break;
    case "opened":
      joined();
      break;
    case "entries":
      for (const { update } of message.entries) tell(update, listener);
      break;
    case "ack":
      listener.saved(message.n);
      break;
    case "snapshot": {
      listener.snapshot();
      const vector =
        message.format === "v1"
          ? Y.encodeStateVectorFromUpdate(message.update)
          : Y.encodeStateVectorFromUpdateV2(message.update);
      for (const [client, clock] of Y.decodeStateVector(vector)) listener.delivered(client, clock);
      break;
    }
    case "ping":
      channel.send(encodeUp({ type: "pong", id: message.id }));
      break;
    case "denied":
    case "later":
    case "id-taken":
    case "restart":
    case "fragment":
      throw new Error(`a ${message.type} was not expected here: ${JSON.stringify(message)}`);
    default:
  }
}

function tell(update: Uint8Array, listener: PeerListener): void {
  const inspection = inspectUpdate(update);
  if (!inspection.ok) throw new Error(inspection.message);
  for (const { client, to } of inspection.clients) listener.delivered(client, to);
}
