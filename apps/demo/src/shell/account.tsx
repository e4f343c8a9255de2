/** The guest of this browser, and the dialog to change name and colour. */

import { type FormEvent, type ReactNode, useState } from "react";
import { type Guest, MAX_NAME } from "../people/guest.ts";
import { COLORS } from "../people/palette.ts";
import { Avatar } from "./avatar.tsx";
import { Dialog } from "./dialog.tsx";
import { useShell } from "./shell-context.ts";

/** The button with the guest's name. */
export function Account(): ReactNode {
  const { guest } = useShell();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="account" onClick={() => setOpen(true)}>
        <Avatar name={guest.name} color={guest.color} />
        <span className="account-name">{guest.name}</span>
        <span className="visually-hidden">: change your name and colour</span>
      </button>
      {open && <AccountDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function AccountDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { guest, setGuest } = useShell();
  const [draft, setDraft] = useState<Guest>(guest);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const name = draft.name.trim();
    if (name === "") return;
    setGuest({ ...draft, name });
    onClose();
  };
  return (
    <Dialog title="How others see you" onClose={onClose}>
      <form className="form" onSubmit={save}>
        <label className="field">
          <span>Name</span>
          <input
            className="input"
            value={draft.name}
            maxLength={MAX_NAME}
            required
            autoComplete="nickname"
            onChange={(event) => setDraft({ ...draft, name: event.target.value })}
          />
        </label>
        <fieldset className="field colors">
          <legend>Colour</legend>
          {COLORS.map((color) => (
            <label key={color} className="color">
              <input
                type="radio"
                name="color"
                className="visually-hidden"
                checked={draft.color === color}
                onChange={() => setDraft({ ...draft, color })}
              />
              <Avatar name={draft.name} color={color} />
              <span className="visually-hidden">{color}</span>
            </label>
          ))}
        </fieldset>
        <div className="form-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
