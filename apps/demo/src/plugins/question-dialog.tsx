/** A plugin asks for something that it needs only now. */

import { type ReactNode, useSyncExternalStore } from "react";
import { Dialog } from "../shell/dialog.tsx";
import { listAsked } from "./asked.ts";
import { askBrowser } from "./browser-permission.ts";
import { AskedText } from "./permission-choice.tsx";
import type { OpenQuestion, Questions } from "./questions.ts";

/** The dialog, while a plugin asks. */
export function QuestionDialog({ questions }: { readonly questions: Questions }): ReactNode {
  const open = useSyncExternalStore(questions.subscribe, questions.now);
  return open && <Question key={open.question.plugin.id} open={open} />;
}

function Question({ open: { question, answer } }: { readonly open: OpenQuestion }): ReactNode {
  const { name } = question.plugin;
  const refuse = () => answer(false);
  const allow = () => {
    askBrowser(question.permissions);
    answer(true);
  };
  return (
    <Dialog title={`Let ${name} do this?`} onClose={refuse}>
      <ul className="asked" aria-label="It asks to">
        {listAsked(question.permissions).map((item) => (
          <li key={item.key} className="asked-item asked-said">
            <AskedText item={item} />
          </li>
        ))}
      </ul>
      <p className="soft">
        What you allow you can take back at any time, on the page of the plugin. If you do not, it
        is not asked again until this window is loaded anew.
      </p>
      <div className="form-actions">
        <button type="button" className="button" onClick={refuse}>
          Don’t allow
        </button>
        <button type="button" className="button button-primary" onClick={allow}>
          Allow
        </button>
      </div>
    </Dialog>
  );
}
