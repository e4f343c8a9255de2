/**
 * Views of a plugin that runs elsewhere: its end, and its host's. Each place where a view is shown is a port of its own that is
 * handed through to the plugin; what goes over it is none of the host's business. Not a part of the calls: bytes carry no ports.
 */

import * as z from "zod";
import type { PluginManifest } from "../manifest.ts";
import type { PluginViews, ViewSource } from "../views.ts";

type Notice = readonly ["show", place: number, name: string] | readonly ["hide", place: number];

const noticeSchema: z.ZodType<Notice> = z.union([
  z.tuple([z.literal("show"), z.int(), z.string()]),
  z.tuple([z.literal("hide"), z.int()]),
]);

/** Defines what a plugin at the other end of `port` contributes: whoever shows it is put through. */
export function passOnViews(views: PluginViews, manifest: PluginManifest, port: MessagePort): void {
  let count = 0;
  const tell = (notice: Notice, ports: MessagePort[] = []): void => port.postMessage(notice, ports);
  for (const { name, kind } of manifest.contributes.views) {
    if (kind !== "described") continue;
    views.define(name, {
      fenced: true,
      connect(place) {
        const number = ++count;
        tell(["show", number, name], [place]);
        return () => tell(["hide", number]);
      },
    });
  }
}

/** The plugin's end: shows what it is told to. */
export function serveViews(port: MessagePort, get: (name: string) => Promise<ViewSource>): void {
  const ends = new Map<number, (() => void) | undefined>();
  const show = async (place: number, name: string, shown: MessagePort): Promise<void> => {
    ends.set(place, undefined);
    try {
      const source = await get(name);
      // It may be shown no more, meanwhile.
      if (ends.has(place)) ends.set(place, source.connect(shown));
      else shown.close();
    } catch {
      // The plugin is ending, which its host knows.
      shown.close();
    }
  };
  port.onmessage = ({ data, ports }: MessageEvent<unknown>) => {
    const notice = noticeSchema.parse(data);
    const [shown] = ports;
    if (notice[0] === "show" && shown) {
      void show(notice[1], notice[2], shown);
    } else if (notice[0] === "hide") {
      ends.get(notice[1])?.();
      ends.delete(notice[1]);
    }
  };
}
