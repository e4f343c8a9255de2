/**
 * A device shared by all tabs of one origin that open the same store: one of them leads, its hub
 * serves the others over BroadcastChannels, and when it goes or stands still another takes over.
 * Leadership is a Web Lock; that it is also a term in the store (SYNC rule 9) keeps a tab that wakes up
 * late from writing.
 */

import type { PluginLabel } from "../access/stamp.ts";
import { connectBroadcast, listenBroadcast } from "../channel/broadcast-channel.ts";
import type { Channel } from "../channel/channel.ts";
import { createEmitter } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { principalOn } from "./principal-on.ts";
import type { SyncState } from "./sync-state.ts";
import { type DevicePort, openDevice } from "./device.ts";
import type { DeviceOptions } from "./device-options.ts";
import { type LeaderSign, showLeader, watchLeader } from "./leader-watch.ts";
import type { Loss } from "./loss.ts";
import { answerTabs, followTabs, type TabControl } from "./tab-control.ts";

/** Whether this platform can share a device among tabs. */
export function canShareDevice(): boolean {
  return (
    typeof BroadcastChannel === "function" && typeof navigator === "object" && "locks" in navigator
  );
}

/**
 * Opens the device under `name`, as its leader or as a follower of the tab that leads.
 *
 * @throws CroftError `store/…` when this tab leads and the store cannot be opened.
 */
export async function openSharedDevice(name: string, options: DeviceOptions): Promise<DevicePort> {
  const shared = new SharedDevice(name, options);
  await shared.start();
  return shared;
}

/** How long a leader waits before it opens a store that another one opened meanwhile, in milliseconds. */
const OPEN_AGAIN_AFTER = 500;

/** For whoever did not get the lock. */
const NO_SIGN: LeaderSign = { lost: false, serve: () => undefined, stop: () => undefined };

interface Leading {
  readonly device: DevicePort;
  stop(): Promise<void>;
}

class SharedDevice implements DevicePort {
  readonly sync: DevicePort["sync"];
  readonly #name: string;
  readonly #options: DeviceOptions;
  readonly #abort = new AbortController();
  readonly #states = createEmitter<SyncState>();
  readonly #problems = createEmitter<CroftError | undefined>();
  readonly #losses = createEmitter<readonly Loss[]>();
  readonly #refusals = createEmitter<void>();
  #leading: Leading | undefined;
  #following: TabControl | undefined;
  /** Why this tab could not lead, when its turn came. */
  #failure: CroftError | undefined;
  /** To the hub of the tab that leads, while that is another one. */
  readonly #channels = new Set<Channel>();
  #release: () => void = () => undefined;
  #cancelOpening: () => void = () => undefined;
  #lead: Promise<void> = Promise.resolve();

  constructor(name: string, options: DeviceOptions) {
    this.#name = name;
    this.#options = options;
    // One object for good, whose state is that of now: applications keep it.
    const state = (): SyncState => this.#syncState();
    this.sync = {
      get state() {
        return state();
      },
      onState: (listener) => this.#states.on(listener),
      pause: () => this.#act("pause"),
      resume: () => this.#act("resume"),
      retry: () => this.#act("retry"),
    };
  }

  async start(): Promise<void> {
    const first = await this.#tryToLead();
    if (!first) {
      this.#follow();
      if (this.#options.sync?.paused) this.#act("pause");
      this.#lead = this.#waitToLead();
    }
  }

  get problem(): CroftError | undefined {
    return this.#failure ?? this.#leading?.device.problem ?? this.#following?.status.problem;
  }

  onProblem(listener: (problem: CroftError | undefined) => void): () => void {
    return this.#problems.on(listener);
  }

  get losses(): readonly Loss[] {
    return this.#leading?.device.losses ?? this.#following?.status.losses ?? [];
  }

  onLosses(listener: (losses: readonly Loss[]) => void): () => void {
    return this.#losses.on(listener);
  }

  dismissLosses(): void {
    if (this.#leading) this.#leading.device.dismissLosses();
    else this.#following?.dismissLosses();
  }

  async connect(label: PluginLabel, signal: AbortSignal): Promise<Channel> {
    if (this.#failure) throw this.#failure;
    if (this.#leading) return this.#leading.device.connect(label, signal);
    const channel = await connectBroadcast(`${this.#name}/hub`, {
      signal,
      timeout: 1_000,
      as: label,
    });
    this.#channels.add(channel);
    channel.onClose(() => this.#channels.delete(channel));
    return channel;
  }

  async list(prefix: string): ReturnType<DevicePort["list"]> {
    return this.#leading ? this.#leading.device.list(prefix) : this.#control().list(prefix);
  }

  async listQuarantine(
    path: Parameters<DevicePort["listQuarantine"]>[0],
  ): ReturnType<DevicePort["listQuarantine"]> {
    return this.#leading
      ? this.#leading.device.listQuarantine(path)
      : this.#control().quarantine(path);
  }

  async discard(id: Parameters<DevicePort["discard"]>[0]): Promise<void> {
    await (this.#leading ? this.#leading.device.discard(id) : this.#control().discard(id));
  }

  async retry(id: Parameters<DevicePort["retry"]>[0]): Promise<void> {
    await (this.#leading ? this.#leading.device.retry(id) : this.#control().retry(id));
  }

  onQuarantine(listener: () => void): () => void {
    return this.#refusals.on(listener);
  }

  async dispose(): Promise<void> {
    this.#abort.abort(new CroftError("disposed", "The workspace was disposed."));
    this.#following?.dispose();
    await this.#leading?.stop();
    this.#release();
    await this.#lead;
    // It may have taken the lead just then.
    await this.#leading?.stop();
    this.#states.clear();
    this.#problems.clear();
    this.#losses.clear();
    this.#refusals.clear();
  }

  #syncState(): SyncState {
    return (
      this.#leading?.device.sync.state ?? this.#following?.status.sync ?? { name: "connecting" }
    );
  }

  #act(action: "pause" | "resume" | "retry"): void {
    if (this.#leading) this.#leading.device.sync[action]();
    else this.#following?.act(action);
  }

  #control(): TabControl {
    if (this.#following) return this.#following;
    throw this.#failure ?? new CroftError("disposed", "The workspace was disposed.");
  }

  /** Leads if nobody does; the lock is held until {@link SharedDevice.dispose}, or until it is taken away. */
  #tryToLead(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      void this.#request({ ifAvailable: true }, async (lock, sign) => {
        if (!lock) {
          resolve(false);
          return;
        }
        try {
          await this.#startLeading();
        } catch (error) {
          reject(toCroftError(error, "store/failed", "The store could not be opened"));
          return;
        }
        resolve(true);
        await this.#serveUntilReleased(sign);
      }).catch(reject);
    });
  }

  async #waitToLead(): Promise<void> {
    const { signal } = this.#abort;
    const queue = new AbortController();
    const stopWatching = watchLeader(`${this.#name}/watch`, {
      onNewLeader: () => this.#leaveLeader(),
      onSilent: () => queue.abort(),
    });
    const lead: (lock: Lock | null, sign: LeaderSign) => Promise<void> = async (_lock, sign) => {
      stopWatching();
      if (signal.aborted) return;
      this.#leaveLeader();
      try {
        await this.#startLeading();
      } catch (error) {
        // Held all the same: another tab would fail in the same way, and the person is told.
        this.#failure = toCroftError(
          error,
          "store/failed",
          "This tab could not take over the store",
        );
        this.#problems.emit(this.#failure);
      }
      await this.#serveUntilReleased(sign);
    };
    try {
      await this.#request({ signal: AbortSignal.any([signal, queue.signal]) }, lead);
    } catch (error) {
      if (signal.aborted) return;
      if (!queue.signal.aborted) throw error;
      // The one that leads is not gone, and does not answer: its term in the store ends with the next.
      await this.#request({ steal: true }, lead);
    } finally {
      stopWatching();
    }
  }

  /**
   * Asks for the lock. When another tab takes it away, this one stops leading and follows: it was
   * frozen, and has woken up.
   */
  async #request(
    options: LockOptions,
    lead: (lock: Lock | null, sign: LeaderSign) => Promise<void>,
  ): Promise<void> {
    let held: LeaderSign | undefined;
    const requested = navigator.locks.request(`${this.#name}/lead`, options, async (lock) => {
      if (!lock) return lead(lock, NO_SIGN);
      const sign = showLeader(`${this.#name}/watch`);
      held = sign;
      try {
        await lead(lock, sign);
      } finally {
        sign.stop();
      }
    });
    try {
      await requested;
    } catch (error) {
      if (!held) throw error;
      held.lost = true;
      await this.#stepDown();
    }
  }

  async #stepDown(): Promise<void> {
    this.#release();
    const leading = this.#leading;
    if (this.#abort.signal.aborted) return;
    this.#follow();
    this.#lead = this.#waitToLead();
    await leading?.stop();
  }

  /** What is open at the tab that led goes on at the one that leads now. */
  #leaveLeader(): void {
    for (const channel of this.#channels) channel.close(CloseCode.restarting, "another tab leads");
    this.#channels.clear();
  }

  async #serveUntilReleased(sign: LeaderSign): Promise<void> {
    if (sign.lost) {
      // Taken away while the store was being opened.
      await this.#leading?.stop();
      return;
    }
    sign.serve();
    await this.#untilReleased();
  }

  #untilReleased(): Promise<void> {
    if (this.#abort.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  async #startLeading(): Promise<void> {
    const following = this.#following;
    const device = await openDevice({
      ...this.#options,
      // It may be asked while the store is being opened, when no leader is there to hear it.
      paused: following && (() => following.paused),
    });
    const { user } = this.#options;
    const listening = listenBroadcast(`${this.#name}/hub`, (channel, as) => {
      // The other tab is the same program, and says for which of its plugins the channel is. What passes over the
      // channel may be a plugin's own.
      device.serve(channel, principalOn(user, as));
    });
    const stopAnswering = answerTabs(`${this.#name}/control`, device);
    const stops = [
      device.sync.onState((state) => this.#states.emit(state)),
      device.onProblem((problem) => {
        this.#problems.emit(problem);
        // It holds the lock, so the store is its to lead: a tab that woke up late took the term.
        if (problem?.code === "store/fenced") this.#openAgain(device);
      }),
      device.onLosses((losses) => this.#losses.emit(losses)),
      device.onQuarantine(() => this.#refusals.emit()),
    ];
    this.#following?.dispose();
    this.#following = undefined;
    this.#leading = {
      device,
      stop: async () => {
        this.#cancelOpening();
        if (this.#leading?.device === device) this.#leading = undefined;
        for (const stop of stops) stop();
        stopAnswering();
        await listening.dispose();
        await device.dispose();
      },
    };
    this.#states.emit(device.sync.state);
    if (device.losses.length > 0) this.#losses.emit(device.losses);
    if (device.problem) this.#problems.emit(device.problem);
  }

  #openAgain(device: DevicePort): void {
    const again = async (): Promise<void> => {
      if (this.#leading?.device !== device || this.#abort.signal.aborted) return;
      await this.#leading.stop();
      if (!this.#abort.signal.aborted && !this.#following) await this.#startLeading();
    };
    this.#cancelOpening();
    this.#cancelOpening = this.#options.clock.delay(OPEN_AGAIN_AFTER, () => {
      again().catch((error: unknown) => {
        this.#failure = toCroftError(error, "store/failed", "The store could not be opened again");
        this.#problems.emit(this.#failure);
      });
    });
  }

  #follow(): void {
    const control = followTabs(`${this.#name}/control`);
    control.onStatus(({ sync, problem, losses }) => {
      this.#states.emit(sync);
      this.#losses.emit(losses);
      this.#problems.emit(problem);
    });
    control.onQuarantine(() => this.#refusals.emit());
    this.#following = control;
  }
}
