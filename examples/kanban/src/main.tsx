/** A board that several people work on at once: what it keeps, what it shows, and what it lets others do. */

import { openCollection } from "@croft/core/collection";
import { definePlugin, parseManifest, type Plugin } from "@croft/plugin";
import { Button, Dialog, Field, Item, List, Row, Select, Table } from "@croft/plugin/view";
import manifest from "../manifest.json" with { type: "json" };
import { type NewTask, newTask, type Task, taskApi, taskDefinition } from "./tasks.ts";

const plugin: Plugin = definePlugin({
  manifest: parseManifest(manifest),

  async activate({ apis, commands, documents, settings, status, subscriptions, views }) {
    // Our own document, `kanban/board`: ours to write, without asking.
    const board = documents.open(documents.own("board"));
    subscriptions.add(() => board.close());
    await board.ready;
    const tasks = openCollection(board, taskDefinition);

    // A person's access may change at any time, and ours with it.
    const isReadOnly = (): boolean => board.state.access !== "write";

    // What people set, on whichever device; two columns of one name are one.
    const columns = (): readonly string[] => {
      const names = [...new Set([settings.get("columns")].flat().map(String))];
      return names.length > 0 ? names : ["To do"];
    };
    // What is in a column that is there no more begins anew.
    const columnOf = (task: Task): string =>
      columns().find((name) => name === task.column) ?? columns()[0] ?? "";
    const inColumn = (name: string): readonly Task[] =>
      tasks
        .all()
        .filter((task) => columnOf(task) === name)
        .toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));

    // Not in the middle of its neighbours: two people who put tasks there at once choose different places.
    const orderAt = (others: readonly Task[], index: number): number => {
      const low = others[index - 1]?.order ?? (others[index]?.order ?? 0) - 1;
      const high = others[index]?.order ?? low + 1;
      return low + (high - low) * (0.25 + Math.random() / 2);
    };
    const add = ({ title, due }: NewTask): { id: string } => {
      const [column = ""] = columns();
      const others = inColumn(column);
      const order = orderAt(others, others.length);
      return { id: tasks.insert({ title, due, column, order }).id };
    };
    const move = (task: Task, column: string, index = Infinity): void => {
      const others = inColumn(column).filter(({ id }) => id !== task.id);
      const place = Math.max(0, Math.min(index, others.length));
      tasks.update(task.id, { column, order: orderAt(others, place) });
    };
    const moveByKey = (task: Task, key: string): void => {
      const column = columnOf(task);
      const index = inColumn(column).findIndex(({ id }) => id === task.id);
      if (key === "ArrowUp") return move(task, column, index - 1);
      if (key === "ArrowDown") return move(task, column, index + 1);
      const next = columns()[columns().indexOf(column) + (key === "ArrowRight" ? 1 : -1)];
      if (next !== undefined) move(task, next);
    };

    // What the view knows beside the tasks is of this device alone, and in no document.
    let draft = "";
    let edited: string | undefined;
    let held: string | undefined;
    const addDraft = (): void => {
      const { data } = newTask.safeParse({ title: draft });
      if (data && add(data)) draft = "";
    };
    const close = (): void => void (edited = undefined);

    const card = (task: Task) => (
      <Item key={task.id}>
        <button
          aria-describedby="keys"
          disabled={isReadOnly()}
          keys="ArrowUp ArrowDown ArrowLeft ArrowRight"
          // In another column it is a new element: the keyboard goes there with it.
          focus={held === task.id}
          onKey={({ key }) => moveByKey(task, ((held = task.id), key))}
          onClick={() => void (edited = task.id)}
        >
          {task.title} {task.due !== null && <small>{task.due}</small>}
        </button>
      </Item>
    );
    // What is changed is kept at once, field by field; what others change meanwhile is shown.
    const editor = (task: Task) => {
      const rename = (title: string): unknown =>
        title.trim() !== "" && tasks.update(task.id, { title: title.trim() });
      const put = (due: string): unknown => tasks.update(task.id, { due: due || null });
      const remove = (): void => void tasks.delete(task.id);
      return (
        <Dialog title={task.title} onClose={close}>
          <Field label="Title" value={task.title} focus onChange={(value) => void rename(value)} />
          <Field label="Due" type="date" value={task.due ?? ""} onChange={(day) => void put(day)} />
          <Select
            label="Column"
            value={columnOf(task)}
            options={columns()}
            onChange={(column) => move(task, column)}
          />
          <Row>
            <Button onPress={close}>Close</Button>
            <Button kind="danger" onPress={remove}>
              Delete
            </Button>
          </Row>
        </Dialog>
      );
    };

    const view = views.define("kanban/board", () => {
      const task = edited === undefined ? undefined : tasks.get(edited);
      const cells = columns().map((title) => ({
        title,
        cell: () => (
          <List plain label={title}>
            {inColumn(title).map(card)}
          </List>
        ),
      }));
      return (
        <>
          <Row>
            <Field
              label="New task"
              value={draft}
              disabled={isReadOnly()}
              onInput={(value) => void (draft = value)}
              onEnter={addDraft}
            />
            <Button disabled={isReadOnly()} onPress={addDraft}>
              Add
            </Button>
          </Row>
          <Table caption="Tasks" rows={["all"]} rowKey={(row) => row} columns={cells} />
          <small id="keys">Enter opens a task, arrow keys move it.</small>
          {task && !isReadOnly() && editor(task)}
        </>
      );
    });

    const show = (): void => {
      const open = tasks.all().filter((task) => columnOf(task) !== columns().at(-1));
      status.set("kanban/open", { text: `${open.length} open`, command: "kanban/add" });
      view.update();
    };
    subscriptions.add(tasks.onChange(show));
    subscriptions.add(board.onState(show));
    settings.onChange("columns", show);
    show();

    // Whoever runs a command gives it what they like, so it is checked here.
    commands.register("kanban/add", (args) => add(newTask.parse(args ?? {})));
    // Of the API croft checks what goes in; who may call it is the person's choice.
    apis.provide(taskApi, { add });
  },
});

export default plugin;
