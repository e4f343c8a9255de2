/**
 * A month of events. With a grant it shows when the tasks of the board are due, too, and with another one it adds some; it works without
 * either, and says what is missing.
 */

import { CroftError } from "@croft/core";
import { defineCollection, openCollection } from "@croft/core/collection";
import { BOARD, day, taskApi, taskDefinition } from "@croft/example-kanban/tasks";
import { definePlugin, parseManifest, type Plugin } from "@croft/plugin";
import { Button, Field, h, Item, List, Row, Status, Table, Text } from "@croft/plugin/view";
import * as z from "zod";
import manifest from "../manifest.json" with { type: "json" };
import { monthAfter, weeksOf } from "./weeks.ts";

const eventDefinition = defineCollection("events", { title: z.string(), day });

const plugin: Plugin = definePlugin({
  manifest: parseManifest(manifest),

  async activate({ apis, documents, subscriptions, views }) {
    const own = documents.open(documents.own("events"));
    subscriptions.add(() => own.close());
    // Another plugin's. Until the person agrees it is empty, and we are not told that it exists.
    const board = documents.open(BOARD);
    subscriptions.add(() => board.close());
    await Promise.all([own.ready, board.ready]);
    const events = openCollection(own, eventDefinition);
    const tasks = openCollection(board, taskDefinition);

    let month = new Date().toISOString().slice(0, 7);
    // While a year is typed it is not one yet: the field shows that, and the month stays.
    let typed = month;
    const show = (wanted: string): void => {
      typed = wanted;
      if (/^[1-9]\d{3}-\d\d$/.test(wanted)) month = wanted;
    };
    let title = "";
    let date = "";
    let message = "";

    const entered = (): { readonly title: string; readonly day: string } | undefined => {
      message = "";
      if (title.trim() !== "" && day.safeParse(date).success)
        return { title: title.trim(), day: date };
      message = "A title and a day are needed.";
      return undefined;
    };
    const addEvent = (): void => {
      const event = entered();
      if (!event) return;
      if (own.state.access === "write") events.insert(event);
      else message = "You may only read this calendar.";
      if (message === "") title = "";
    };
    // We cannot write the board: its plugin does, if it wants to, and only while the person lets us ask it.
    const addTask = async (): Promise<void> => {
      const task = entered();
      if (!task) return;
      try {
        await apis.use(taskApi).add({ title: task.title, due: task.day });
        message = `“${task.title}” is on the board.`;
        title = "";
      } catch (error) {
        const isDenied = error instanceof CroftError && error.code === "access/denied";
        if (isDenied) message = "You have not allowed the calendar to add tasks.";
        else message = `The board did not take it: ${error instanceof Error ? error.message : "?"}`;
      }
    };

    // Looked up whenever the view is described: access may end at any time.
    const mayReadBoard = (): boolean => board.state.access !== "none";
    const dayCell = (of: string, formats: Intl.DateTimeFormat) => {
      const due = mayReadBoard() ? tasks.all().filter((task) => task.due === of) : [];
      const ofDay = events.all().filter((event) => event.day === of);
      const label = formats.format(new Date(of));
      return [
        h("span", { class: of.startsWith(month) ? "c-strong" : "c-muted" }, Number(of.slice(8))),
        due.length + ofDay.length > 0 && (
          <List plain label={label}>
            {ofDay.map((event) => (
              <Item key={event.id}>
                {event.title}{" "}
                <Button
                  kind="quiet"
                  label={`Remove ${event.title}`}
                  disabled={own.state.access !== "write"}
                  onPress={() => void events.delete(event.id)}
                >
                  ×
                </Button>
              </Item>
            ))}
            {due.map((task) => (
              <Item key={task.id}>Task: {task.title}</Item>
            ))}
          </List>
        ),
      ];
    };

    const view = views.define("calendar/month", ({ lang }) => {
      const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
        new Intl.DateTimeFormat(lang, { ...options, timeZone: "UTC" });
      const weeks = weeksOf(month);
      const days = format({ dateStyle: "long" });
      const columns = (weeks[0] ?? []).map((first, index) => ({
        title: format({ weekday: "short" }).format(new Date(first)),
        cell: (week: readonly string[]) => dayCell(week[index] ?? first, days),
      }));
      return (
        <>
          <Row>
            <Button onPress={() => show(monthAfter(month, -1))}>Earlier</Button>
            <Button onPress={() => show(monthAfter(month, 1))}>Later</Button>
            <Field label="Month" type="month" value={typed} onChange={show} />
          </Row>
          {!mayReadBoard() && (
            <Text tone="muted">
              Tasks are not shown: you have not allowed the calendar to read the board.
            </Text>
          )}
          <Table
            caption={format({ month: "long", year: "numeric" }).format(new Date(`${month}-01`))}
            columns={columns}
            rows={weeks}
            rowKey={(week) => week[0] ?? ""}
          />
          <Row>
            <Field label="Title" value={title} onInput={(value) => void (title = value)} />
            <Field label="Day" type="date" value={date} onInput={(value) => void (date = value)} />
            <Button onPress={addEvent}>Add event</Button>
            <Button onPress={addTask}>Add task</Button>
          </Row>
          <Status>{message}</Status>
        </>
      );
    });
    const update = (): void => view.update();
    subscriptions.add(events.onChange(update));
    subscriptions.add(tasks.onChange(update));
    subscriptions.add(own.onState(update));
    // Of the board, that we may read it now, or may not any more.
    subscriptions.add(board.onState(update));
  },
});

export default plugin;
