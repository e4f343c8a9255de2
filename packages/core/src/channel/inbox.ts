/**
 * The receiving half that all kinds of channels share: keeps frames until somebody listens, hands
 * them over in order, and tells the close once, after the frames that came before it. It knows
 * nothing of where frames come from.
 */

import { createEmitter, reportUncaught, type Unsubscribe } from "../emitter.ts";
import type { ChannelClose } from "./channel.ts";

/** Where a channel puts what it receives. */
export interface Inbox {
  /** Hands a frame to the listener, or keeps it for one. */
  push(frame: Uint8Array): void;
  /** The other side closed, or the connection was lost: told after the frames already pushed. */
  end(close: ChannelClose): void;
  /** This side closes: what nobody took is dropped. */
  shut(close: ChannelClose): void;
  /** As {@link Channel.onFrame}. */
  onFrame(listener: (frame: Uint8Array) => void): Unsubscribe;
  /** As {@link Channel.onClose}; who listens too late is told too. */
  onClose(listener: (close: ChannelClose) => void): Unsubscribe;
  /** Whether {@link Inbox.end} or {@link Inbox.shut} was called. */
  readonly closed: boolean;
}

/** Options of {@link createInbox}. */
export interface InboxOptions {
  /** Called with each frame's size after the listener took it. */
  readonly onTaken?: ((bytes: number) => void) | undefined;
  /** Runs something after the current call; default: a microtask. */
  readonly soon?: ((run: () => void) => void) | undefined;
}

/** Creates an {@link Inbox}. */
export function createInbox(options: InboxOptions = {}): Inbox {
  const { onTaken, soon = queueMicrotask } = options;
  const closing = createEmitter<ChannelClose>();
  let queue: Uint8Array[] = [];
  let listener: ((frame: Uint8Array) => void) | undefined;
  let scheduled = false;
  let flushing = false;
  let close: ChannelClose | undefined;
  let told = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    soon(() => {
      scheduled = false;
      flush();
    });
  }

  function flush(): void {
    if (flushing) return;
    flushing = true;
    let next = 0;
    for (; listener && next < queue.length; next++) {
      const frame = queue[next];
      if (!frame) break;
      try {
        listener(frame);
      } catch (error) {
        reportUncaught(error);
      }
      onTaken?.(frame.byteLength);
    }
    queue.splice(0, next);
    flushing = false;
    if (close) tell(close);
  }

  function tell(value: ChannelClose): void {
    if (told) return;
    told = true;
    closing.emit(value);
    closing.clear();
  }

  return {
    push(frame) {
      if (close) return;
      queue.push(frame);
      if (listener && !scheduled) flush();
    },
    end(value) {
      if (close) return;
      close = value;
      // With frames on their way to a listener the flush tells; without a listener nobody waits.
      if (!flushing && !scheduled) flush();
    },
    shut(value) {
      if (close) return;
      close = value;
      queue = [];
      soon(() => tell(value));
    },
    onFrame(next) {
      listener = next;
      if (queue.length > 0) schedule();
      return () => {
        if (listener === next) listener = undefined;
      };
    },
    onClose(next) {
      if (!told) return closing.on(next);
      let waiting = true;
      soon(() => {
        flush();
        if (waiting && close) next(close);
      });
      return () => {
        waiting = false;
      };
    },
    get closed() {
      return close !== undefined;
    },
  };
}
