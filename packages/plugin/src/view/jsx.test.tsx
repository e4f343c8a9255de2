/** @jsxImportSource @croft/plugin/view */
import { expect, it } from "vitest";
import { Button, Field } from "./elements.ts";
import { h, type ViewChild } from "./node.ts";
import { treeOf } from "./tree.ts";

it("is what JSX makes, with types", () => {
  const List = ({ names }: { readonly names: readonly string[] }): ViewChild => (
    <ul class="c-plain">
      {names.map((name) => (
        <li key={name}>{name}</li>
      ))}
    </ul>
  );
  const press = (): void => undefined;
  const jsx = (
    <>
      <List names={["a", "b"]} />
      <Button onPress={press}>Press</Button>
      <Field label="Name" value="" />
    </>
  );
  const items = ["a", "b"].map((name) => h("li", { key: name }, name));
  const called = [
    h("ul", { class: "c-plain" }, items),
    h(Button, { onPress: press }, "Press"),
    h(Field, { label: "Name", value: "" }),
  ];
  expect(treeOf(jsx)).toEqual(treeOf(called));
  // @ts-expect-error -- links are opened by the host
  void (<a href="https://example.com">x</a>);
  // @ts-expect-error -- there is no such style
  void (<p style="color: red">x</p>);
  // @ts-expect-error -- a button does something
  void (<Button>x</Button>);
});
