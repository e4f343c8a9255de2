/**
 * A channel between a plugin and its host whose frames nothing in between can read, change, repeat, reorder, take away or
 * add to. Nothing is taken before the handshake is over (`admission.ts`); what is wrong after it ends the channel. An end that
 * was not sealed is told as a lost connection, with whatever reason came with it.
 *
 * Cryptography in browsers is asynchronous, so frames wait for the one before them: what was sent meanwhile shares a record. The
 * next record is taken when this one was, so that the credit which the channel below gives is for what was really taken.
 */

import {
  type Channel,
  type ChannelClose,
  clipReason,
  CloseCode,
  createInbox,
  createMeter,
  CroftError,
  type Unsubscribe,
} from "@croft/core";
import { type Admission, greet, type PortKeys } from "./admission.ts";
import {
  endRecord,
  FrameQueue,
  LARGEST_FRAME,
  LARGEST_RECORD,
  PORT_WINDOW,
  RecordReader,
} from "./records.ts";

/**
 * The host's end. Whoever is at the other end has to have what `admission` handed over, or the channel is closed with
 * {@link CloseCode.unauthorized}. The channel below is this one's from then on.
 */
export function sealForHost(channel: Channel, admission: Admission): Channel {
  const sealed = new SealedChannel(channel, Number.POSITIVE_INFINITY);
  sealed.listen((hello) => admission.admit(hello));
  // Closed before the handshake, it is not taken up any more.
  channel.onClose(() => admission.forget());
  return sealed;
}

/** The plugin's end, of what was handed over to its realm. Sends no more than the sandbox lets through. */
export function sealForPlugin(channel: Channel, handover: ArrayBuffer): Channel {
  const sealed = new SealedChannel(channel, PORT_WINDOW);
  greet(handover).then(
    ({ hello, keys }) => {
      channel.send(hello);
      sealed.begin(keys);
      sealed.listen();
    },
    (error: unknown) => {
      const reason = error instanceof CroftError ? error.message : "what it was given is unsound";
      sealed.abandon({ code: CloseCode.failed, reason });
    },
  );
  return sealed;
}

class SealedChannel implements Channel {
  readonly #channel: Channel;
  /** Bytes that may be on their way at once. */
  readonly #window: number;
  readonly #inbox = createInbox();
  readonly #meter = createMeter();
  readonly #outgoing = new FrameQueue();
  readonly #reader = new RecordReader();
  #keys: PortKeys | undefined;
  #admit: ((hello: Uint8Array) => Promise<PortKeys>) | undefined;
  #stops: readonly Unsubscribe[] = [];
  #isSealing = false;
  /** Bytes in the record that is being sealed. */
  #sealing = 0;
  /** This end was closed with it, and says so when all that was sent before is on its way. */
  #end: ChannelClose | undefined;

  constructor(channel: Channel, window: number) {
    this.#channel = channel;
    this.#window = window;
    channel.onDrain(() => this.#drained());
    channel.onClose(() => {
      if (this.#end) this.#forget();
    });
  }

  send(frame: Uint8Array): void {
    if (this.#inbox.closed) return;
    if (frame.byteLength > LARGEST_FRAME) {
      this.close(CloseCode.tooLarge, "a message is larger than 32 MiB");
      return;
    }
    this.#outgoing.push(frame);
    this.#meter.rise(this.#onItsWay);
    this.#seal();
  }

  get buffered(): number {
    return this.#inbox.closed ? 0 : this.#onItsWay;
  }

  onDrain(listener: () => void): Unsubscribe {
    return this.#meter.onDrain(listener);
  }

  onFrame(listener: (frame: Uint8Array) => void): Unsubscribe {
    return this.#inbox.onFrame(listener);
  }

  onClose(listener: (close: ChannelClose) => void): Unsubscribe {
    return this.#inbox.onClose(listener);
  }

  close(code: number, reason: string): void {
    if (this.#inbox.closed) return;
    this.#end = { code, reason: clipReason(reason) };
    this.#meter.stop();
    this.#inbox.shut(this.#end);
    this.#ignore();
    // Whom nobody has admitted is told nothing that had to be sealed.
    if (this.#admit) this.abandon(this.#end);
    else this.#seal();
  }

  get closed(): boolean {
    return this.#inbox.closed;
  }

  begin(keys: PortKeys): void {
    this.#keys = keys;
    this.#admit = undefined;
    if (this.#channel.closed) this.#forget();
    else this.#seal();
  }

  /** Takes what comes next; `admit` takes the first of all. */
  listen(admit?: (hello: Uint8Array) => Promise<PortKeys>): void {
    if (admit) this.#admit = admit;
    this.#stops = [
      this.#channel.onFrame((record) => {
        this.#ignore();
        void this.#take(record);
      }),
      // What came before it is taken first: nobody listens while something is.
      this.#channel.onClose(({ reason }) => {
        const why = reason === "" ? "the connection was cut off" : reason;
        this.abandon({ code: CloseCode.lost, reason: why });
      }),
    ];
  }

  /** Ends without a sealed word: the channel below is closed, or there are no keys. */
  abandon(close: ChannelClose): void {
    this.#meter.stop();
    this.#ignore();
    this.#forget();
    this.#inbox.end(close);
    this.#channel.close(close.code, close.reason);
  }

  get #onItsWay(): number {
    return this.#outgoing.bytes + this.#sealing + this.#channel.buffered;
  }

  #ignore(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  async #take(record: Uint8Array): Promise<void> {
    try {
      if (this.#admit) this.begin(await this.#admit(record));
      else await this.#open(record);
    } catch (error) {
      if (this.#admit) this.close(CloseCode.unauthorized, "it does not prove its capability");
      else this.close(CloseCode.violation, reasonOf(error));
      return;
    }
    if (!this.#inbox.closed) this.listen();
  }

  async #open(record: Uint8Array): Promise<void> {
    if (record.byteLength > LARGEST_RECORD) throw new Error("a record is too large");
    const plain = await this.#keys?.in.open(record);
    if (!plain || this.#inbox.closed) return;
    this.#reader.read(plain, {
      frame: (frame) => this.#inbox.push(frame),
      end: (close) => this.abandon(close),
    });
  }

  #seal(): void {
    if (this.#isSealing || !this.#keys) return;
    this.#isSealing = true;
    // What is sent in the same turn goes with it.
    queueMicrotask(() => void this.#sealAll(this.#keys));
  }

  async #sealAll(keys: PortKeys | undefined): Promise<void> {
    try {
      while (keys && this.#hasRoom && !this.#channel.closed) {
        const record = this.#outgoing.take();
        if (!record) break;
        this.#sealing = record.byteLength;
        const sealed = await keys.out.seal(record);
        this.#sealing = 0;
        this.#channel.send(sealed);
        this.#meter.set(this.#onItsWay);
      }
      if (keys && this.#end && this.#outgoing.isEmpty) await this.#sealEnd(keys, this.#end);
    } catch {
      // Only without keys: they were forgotten meanwhile, and the channel is closed.
      this.#channel.close(CloseCode.lost, "");
    }
    this.#isSealing = false;
  }

  async #sealEnd(keys: PortKeys, end: ChannelClose): Promise<void> {
    this.#channel.send(await keys.out.seal(endRecord(end)));
    this.#channel.close(end.code, end.reason);
    this.#forget();
  }

  get #hasRoom(): boolean {
    return this.#channel.buffered + LARGEST_RECORD <= this.#window;
  }

  #drained(): void {
    this.#meter.set(this.#onItsWay);
    this.#seal();
  }

  #forget(): void {
    this.#keys?.in.forget();
    this.#keys?.out.forget();
    this.#keys = undefined;
    this.#outgoing.clear();
  }
}

function reasonOf(error: unknown): string {
  // Web cryptography says only that it failed; the other reasons are ours.
  return error instanceof DOMException
    ? "a frame was changed, lost, repeated or out of order on its way"
    : `what came cannot be read: ${String(error)}`;
}
