/**
 * A device: the hub over the device's store and the link to the server, for one user of one
 * workspace. Exactly one of them is open for a store at a time. When the store closes under it, the
 * device opens it again and goes on; replicas keep in memory what is not saved, and come back.
 */

import type { Principal } from "../access/access.ts";
import type { PluginLabel } from "../access/stamp.ts";
import type { Channel } from "../channel/channel.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, reportUncaught, type Unsubscribe } from "../emitter.ts";
import { CroftError, type ErrorCode, toCroftError } from "../errors.ts";
import { describe, readWholeCatalog } from "../hub/catalog.ts";
import { DELETED_CONTENT } from "../hub/deletion.ts";
import type { ListedDocument } from "../protocol/listing-messages.ts";
import { servePeer } from "../hub/hub-session.ts";
import type { Tag } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { backOff } from "../session/back-off.ts";
import type { QuarantineRecord } from "../store/store.ts";
import type { DeviceOptions } from "./device-options.ts";
import type { FormerStore } from "./keep-waiting.ts";
import { type Loss, lossError } from "./loss.ts";
import { principalOn } from "./principal-on.ts";
import { type RunningDevice, startDevice } from "./running-device.ts";
import { describeSession, type SyncState } from "./sync-state.ts";

/** What a workspace needs of its device, wherever the device's hub runs. */
export interface DevicePort {
  /** Opens a channel into the device's hub, for the application itself (an empty label) or for a plugin. */
  connect(label: PluginLabel, signal: AbortSignal): Promise<Channel>;
  list(prefix: string): Promise<readonly ListedDocument[]>;
  readonly sync: {
    readonly state: SyncState;
    onState(listener: (state: SyncState) => void): Unsubscribe;
    pause(): void;
    resume(): void;
    retry(): void;
  };
  listQuarantine(path: DocPath | undefined): Promise<readonly QuarantineRecord[]>;
  discard(id: Tag): Promise<void>;
  /** Puts refused edits back into their document. */
  retry(id: Tag): Promise<void>;
  onQuarantine(listener: () => void): Unsubscribe;
  /** What was lost with a former store and is still to be told. */
  readonly losses: readonly Loss[];
  onLosses(listener: (losses: readonly Loss[]) => void): Unsubscribe;
  /** The losses were told. */
  dismissLosses(): void;
  readonly problem: CroftError | undefined;
  onProblem(listener: (problem: CroftError | undefined) => void): Unsubscribe;
  dispose(): Promise<void>;
}

/** A device whose hub runs here. */
export interface Device extends DevicePort {
  /** Lets a peer in whose channel vouches for it; `identify` says who it is. */
  serve(channel: Channel, principal: Principal): void;
}

/** Waits between attempts to open a store that was closed under the device, in milliseconds. */
const REOPEN = { first: 200, max: 5_000 };

/** What opening the store again cannot change. */
const FINAL: ReadonlySet<ErrorCode> = new Set(["store/newer", "store/foreign"]);

/**
 * Opens the store and starts hub and link.
 *
 * @throws CroftError `store/…` when the store cannot be opened or is another user's.
 */
export async function openDevice(options: DeviceOptions): Promise<Device> {
  const device = new OpenedDevice(options);
  await device.start(undefined);
  return device;
}

class OpenedDevice implements Device {
  readonly sync: DevicePort["sync"];
  readonly #options: DeviceOptions;
  readonly #states = createEmitter<SyncState>();
  readonly #problems = createEmitter<CroftError | undefined>();
  readonly #losses = createEmitter<readonly Loss[]>();
  readonly #refusals = createEmitter<void>();
  /** Absent while the store is being opened again, or cannot be. */
  #running: RunningDevice | undefined;
  /** Tells what runs from what ran before, whose problems are none any more. */
  #turn: object | undefined;
  #reopening: Promise<void> | undefined;
  #endWait: () => void = () => undefined;
  /** What was asked last, once something was. */
  #held: boolean | undefined;
  /** What is wrong now. */
  #trouble: CroftError | undefined;
  /** What was lost, as long as nobody dismissed it, and in a sentence. */
  #lost: readonly Loss[] = [];
  #loss: CroftError | undefined;
  #disposed = false;

  constructor(options: DeviceOptions) {
    this.#options = options;
    // One object for good, whose state is that of now: applications keep it.
    const state = (): SyncState => this.#syncState();
    this.sync = {
      get state() {
        return state();
      },
      onState: (listener) => this.#states.on(listener),
      pause: () => this.#hold(true),
      resume: () => this.#hold(false),
      retry: () => {
        if (this.#running) this.#running.link?.session.retry();
        else this.#endWait();
      },
    };
  }

  /** Starts over the store; `former` is the one that was open before. */
  async start(former: FormerStore | undefined): Promise<void> {
    const turn = {};
    let trouble: CroftError | undefined;
    const running = await startDevice(this.#options, {
      paused: () => this.#isPaused(),
      former,
      onProblem: (problem) => {
        trouble = problem;
        if (this.#turn === turn) this.#setTrouble(problem);
      },
    });
    this.#turn = turn;
    this.#running = running;
    // Asked meanwhile.
    if (this.#isPaused()) running.link?.pause();
    else running.link?.resume();
    this.#use(running);
    // A workspace without a server has no other copy: what windows show cannot be given back.
    this.#setTrouble(running.replaced && !running.link ? deletedError() : trouble);
    running.onLost((error) => this.#lose(running, error));
  }

  get problem(): CroftError | undefined {
    return this.#trouble ?? this.#loss;
  }

  get losses(): readonly Loss[] {
    return this.#lost;
  }

  serve(channel: Channel, principal: Principal): void {
    const hub = this.#running?.hub;
    if (!hub) {
      channel.close(CloseCode.restarting, "the store is being opened again");
      return;
    }
    const { clock } = this.#options;
    servePeer(channel, async () => ({ hub, principal }), { clock });
  }

  async connect(label: PluginLabel): Promise<Channel> {
    this.#present();
    const [near, far] = createMemoryChannelPair();
    this.serve(far, principalOn(this.#options.user, label));
    return near;
  }

  async list(prefix: string): Promise<readonly ListedDocument[]> {
    const { core } = this.#present().hub;
    const principal = principalOn(this.#options.user, "");
    const rows = await readWholeCatalog(core, prefix);
    return rows.flatMap((row) => describe(core, principal, row) ?? []);
  }

  async listQuarantine(path: DocPath | undefined): Promise<readonly QuarantineRecord[]> {
    const records = await this.#present().store.readQuarantine(path);
    // What a deletion took is for `undelete`.
    return records.filter(({ code }) => code !== DELETED_CONTENT);
  }

  async discard(id: Tag): Promise<void> {
    await this.#present().hub.core.kept.discard(id);
  }

  async retry(id: Tag): Promise<void> {
    const { user } = this.#options;
    await this.#present().hub.core.kept.retry(id, principalOn(user, ""));
  }

  onQuarantine(listener: () => void): Unsubscribe {
    return this.#refusals.on(listener);
  }

  onLosses(listener: (losses: readonly Loss[]) => void): Unsubscribe {
    return this.#losses.on(listener);
  }

  dismissLosses(): void {
    this.#running?.forgetLosses();
    this.#takeLosses([]);
    if (this.#trouble?.code === "store/lost") this.#setTrouble(undefined);
  }

  onProblem(listener: (problem: CroftError | undefined) => void): Unsubscribe {
    return this.#problems.on(listener);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#endWait();
    await this.#reopening;
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
    this.#states.clear();
    this.#problems.clear();
    this.#losses.clear();
    this.#refusals.clear();
  }

  /** What runs, for whoever cannot wait. */
  #present(): RunningDevice {
    if (this.#running) return this.#running;
    throw this.#trouble ?? new CroftError("disposed", "The workspace was disposed.");
  }

  /** Stays offline, or ends that. */
  #hold(paused: boolean): void {
    this.#held = paused;
    if (!this.#running) this.#states.emit(this.#syncState());
    else if (paused) this.#running.link?.pause();
    else this.#running.link?.resume();
  }

  #isPaused(): boolean {
    return this.#held ?? this.#options.paused?.() ?? this.#options.sync?.paused ?? false;
  }

  #syncState(): SyncState {
    if (!this.#options.sync) return { name: "none" };
    const link = this.#running?.link;
    if (link) return describeSession(link.session);
    if (this.#isPaused()) return { name: "paused" };
    return { name: "offline", reason: "this device's store is closed" };
  }

  #use(running: RunningDevice): void {
    running.link?.session.onState(() => this.#states.emit(this.#syncState()));
    running.hub.core.kept.changes.on(() => this.#refusals.emit());
    this.#takeLosses(running.losses);
    this.#states.emit(this.#syncState());
    if (running.replaced) this.#refusals.emit();
  }

  #takeLosses(losses: readonly Loss[]): void {
    if (losses.length === 0 && this.#lost.length === 0) return;
    const before = this.problem;
    this.#lost = losses;
    this.#loss = lossError(losses);
    this.#losses.emit(losses);
    if (this.problem !== before) this.#problems.emit(this.problem);
  }

  #setTrouble(next: CroftError | undefined): void {
    const before = this.#trouble;
    if (next === before || (next && before && sameProblem(next, before))) return;
    this.#trouble = next;
    this.#problems.emit(this.problem);
  }

  #lose(running: RunningDevice, error: Error): void {
    if (this.#running !== running || this.#disposed) return;
    this.#running = undefined;
    this.#turn = undefined;
    this.#setTrouble(reopeningError(error));
    this.#states.emit(this.#syncState());
    this.#reopening = this.#reopen(running).catch(reportUncaught);
  }

  async #reopen(lost: RunningDevice): Promise<void> {
    const former = await lost.stop();
    for (let attempt = 1; !this.#disposed; attempt++) {
      await this.#wait(backOff(attempt, this.#options.random, REOPEN));
      if (this.#disposed) return;
      try {
        await this.start(former);
        return;
      } catch (error) {
        const problem = toCroftError(error, "store/failed", "The store could not be opened again");
        this.#setTrouble(problem);
        if (FINAL.has(problem.code)) return;
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.delay(ms, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** The store is gone for a moment. */
function reopeningError(error: Error): CroftError {
  const { message } = toCroftError(error, "store/closed", "The device's storage was closed");
  return new CroftError("store/closed", message, {
    hint: "It is being opened again. What was typed since then is kept in memory, and saved then.",
    cause: error,
  });
}

/** Everything that was stored is gone. */
function deletedError(): CroftError {
  return new CroftError("store/lost", "This device's storage was deleted, with all documents.", {
    hint: "Documents that are open are in this window only: copy what you need, then reload.",
  });
}

/** Whether a person would be told the same again. */
function sameProblem(a: CroftError, b: CroftError): boolean {
  return a.code === b.code && a.message === b.message;
}
