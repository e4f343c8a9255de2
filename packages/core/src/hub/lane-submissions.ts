/**
 * What a peer submits on one lane: each submission is judged in the document's queue, right before the commit that it
 * would be part of, and what is refused is refused after everything that came before it. After a refusal the peer is
 * not heard until it opens again (SYNC rule 20), so nothing is judged that builds on what was not taken.
 */

import type { Principal } from "../access/access.ts";
import {
  isPluginLabel,
  labelOf,
  parseLabel,
  type PluginLabel,
  stampFor,
  stampOf,
} from "../access/stamp.ts";
import type { Submit } from "../protocol/document-messages.ts";
import type { Draft } from "./draft.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubDocument } from "./hub-document.ts";
import type { Postponement } from "./limit.ts";
import type { HubSession } from "./hub-session.ts";
import { judgeSubmission, type Submission, type SubmissionVerdict } from "./judge-submission.ts";
import type { FedLane, LaneDown, LaneFeed, Unaddressed } from "./lane-feed.ts";
import { inspectUpdate } from "../update/inspect.ts";
import { mentionsClient } from "../update/inspection.ts";
import { renameClient } from "../update/rename.ts";
import type { Work } from "./work.ts";

/** The peer sends faster than this hub stores. */
const TOO_MUCH_AT_ONCE: Postponement = {
  code: "rate",
  reason: "more was sent at once than can be stored",
  wait: 500,
};

/** Whose submissions they are. */
export interface SubmittingLane extends FedLane {
  readonly isClosed: boolean;
  /** A client id that the peer was offered. */
  readonly leased: number | undefined;
  /** Tells a writer that may not read what is stored of it. */
  settle(): void;
}

/** See the top of this file. */
export class LaneSubmissions {
  readonly #hub: HubCore;
  readonly #session: HubSession;
  readonly #document: HubDocument;
  readonly #lane: SubmittingLane;
  readonly #feed: LaneFeed;
  #deaf = false;
  /** There was too much: what comes until the peer opens again is not taken. */
  #postpones = false;

  constructor(
    hub: HubCore,
    session: HubSession,
    document: HubDocument,
    lane: SubmittingLane,
    feed: LaneFeed,
  ) {
    this.#hub = hub;
    this.#session = session;
    this.#document = document;
    this.#lane = lane;
    this.#feed = feed;
  }

  /** The peer asks to open: what it sends from here on was sent after it heard what there was to hear. */
  resume(): void {
    this.#postpones = false;
  }

  /** The peer is told how its opening was answered, and is heard again. */
  hear(): void {
    this.#deaf = false;
  }

  /** The peer is not heard until it opens again. */
  ignore(): void {
    this.#deaf = true;
  }

  submit(message: Submit): void {
    if (this.#deaf || this.#postpones) return;
    const { backlog } = this.#session;
    for (const [index, { tag, update }] of message.updates.entries()) {
      const n = message.first + index;
      const postponement = backlog.hasRoom ? this.#limit(update.length) : TOO_MUCH_AT_ONCE;
      if (postponement) {
        this.#postpone(n, postponement);
        return;
      }
      const decided = backlog.add(update.length);
      const submission = { writer: this.#lane.writer, n, tag, basis: message.basis, update };
      const work: Work = {
        run: (draft) => this.#judge(draft, submission, message.plugin),
        committed: decided,
        failed: (code, reason, wait) => {
          decided();
          this.#refuse({ type: "later", n, code, reason, wait });
        },
      };
      this.#hub.enqueue(this.#document, work);
    }
  }

  /** Whether whoever runs the hub wants the peer to wait. */
  #limit(bytes: number): Postponement | undefined {
    const { path, stored } = this.#document;
    const { principal } = this.#session;
    return this.#hub.limit({ principal, session: this.#session, path, isNew: !stored, bytes });
  }

  /** The peer sends more than is taken now: what it sent is decided first, and the rest is sent again. */
  #postpone(n: number, postponement: Postponement): void {
    this.#postpones = true;
    const later = { type: "later", n, ...postponement } as const;
    this.#hub.enqueue(this.#document, {
      run: (draft) => {
        if (this.#lane.isOpen && !this.#deaf) this.#refuseIn(draft, later);
      },
      committed: () => undefined,
      failed: () => this.#refuse(later),
    });
  }

  #judge(draft: Draft, submission: Submission, plugin: PluginLabel): void {
    if (!this.#lane.isOpen || this.#deaf || this.#session.fenced) return;
    const { principal } = this.#session;
    const access = this.#hub.accessOf(principal, this.#document);
    this.#hub.uplink?.prepare(draft);
    const verdict = judgeSubmission(draft, submission, {
      access,
      maxUpdateBytes: this.#hub.maxUpdateBytes,
      localEpochs: this.#hub.uplink !== undefined,
      hasEnded: (epoch) => this.#hub.hasEnded(draft.document, epoch),
      leased: this.#lane.leased,
    });
    const label = labelHere(principal, plugin);
    if (verdict.verdict === "accept") {
      this.#accept(draft, submission, verdict, label);
      return;
    }
    const { n } = submission;
    if (verdict.verdict === "duplicate") {
      const after = draft.record.head;
      draft.after(() => this.#feed.acknowledge(after, n));
      return;
    }
    if (verdict.verdict === "denied") {
      const { code, reason } = verdict;
      if (this.#hub.kept.takes(principal, submission.update.length)) {
        draft.keep({
          id: submission.tag,
          author: stampFor(principal.user, label),
          code,
          reason,
          basis: submission.basis,
          updates: [this.#underNewIds(draft, submission)],
        });
      }
      this.#refuseIn(draft, { type: "denied", n, code, reason });
      return;
    }
    const refusal: Unaddressed<LaneDown> =
      verdict.verdict === "later"
        ? { type: "later", n, code: verdict.code, reason: verdict.reason, wait: verdict.wait }
        : { type: "id-taken", n, client: verdict.client };
    this.#refuseIn(draft, refusal);
  }

  #accept(
    draft: Draft,
    { writer, n, tag, basis, update }: Submission,
    { advance }: Extract<SubmissionVerdict, { verdict: "accept" }>,
    label: PluginLabel,
  ): void {
    for (const { client, clock } of advance) draft.setClaim(client, { client, writer, clock });
    draft.setLast(writer, { n, tag });
    // Refused before, and submitted again by a writer that did not hear of it.
    if (this.#document.kept.has(tag)) draft.release(tag);
    if (!this.#session.bound) draft.bind.set(writer, stampOf(this.#session.principal));
    if (this.#session.number !== undefined) draft.sessions.set(writer, this.#session.number);
    const pending = this.#hub.uplink?.mark(draft, label);
    const author = stampFor(this.#session.principal.user, label);
    // Messages are views of frames; what is kept must not hold the whole frame.
    draft.append({ update: update.slice(), writer, n, author, pending });
    draft.after(() => {
      this.#feed.accept(n);
      this.#session.bound = true;
      if (basis === draft.record.epoch) this.#document.renamings.delete(writer);
      // The position of who may not read any more does not come to it.
      if (!this.#lane.mayRead) this.#lane.settle();
    });
  }

  /**
   * A refused submission as it is kept: what it builds on may have been renamed since it was made, and the ids that it names
   * be another author's by now.
   */
  #underNewIds(draft: Draft, { writer, basis, update }: Submission): Uint8Array {
    const renamings = this.#document.renamings.get(writer);
    if (!renamings || basis === draft.record.epoch) return update;
    const inspection = inspectUpdate(update);
    // None that was made before can name the ids that came since.
    const isBefore =
      inspection.ok && renamings.every(({ fresh }) => !mentionsClient(inspection, fresh));
    if (!isBefore) return update;
    return renamings.reduce(
      (renamed, { client, fresh, from }) => renameClient(renamed, client, fresh, from),
      update,
    );
  }

  /**
   * Refuses a submission once the peer has everything that came before it. From here on the writer is not heard until
   * it opens again; set now, so that the rest of the same batch is ignored too.
   */
  #refuseIn(draft: Draft, message: Unaddressed<LaneDown>): void {
    this.#deaf = true;
    draft.refuses = true;
    draft.onAbort(() => {
      this.#deaf = false;
    });
    const after = draft.record.head;
    draft.after(() => this.#feed.refuse(after, message));
  }

  /** Refuses at once what was not decided. */
  #refuse(message: Unaddressed<LaneDown>): void {
    if (this.#deaf || this.#lane.isClosed) return;
    this.#deaf = true;
    this.#feed.dropAnswers();
    this.#lane.send(message);
  }
}

/** Who made a submission: the plugin itself, or one of which its user's device says so. */
function labelHere({ plugin, version }: Principal, told: PluginLabel): PluginLabel {
  const believed = isPluginLabel(told) ? told : "";
  if (plugin === undefined) return believed;
  return parseLabel(believed).plugin === plugin ? believed : labelOf(plugin, version);
}
