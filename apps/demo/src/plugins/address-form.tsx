/** Installs from an address. */

import { type FormEvent, type ReactNode, useId, useState } from "react";
import { fromAddress, type PackageSource } from "./package-source.ts";
import { inWords, problemOf } from "./use-manager.ts";

/** A field and its button. */
export function AddressForm(props: {
  readonly onSource: (source: PackageSource) => void;
}): ReactNode {
  const { onSource } = props;
  const [address, setAddress] = useState("");
  const [problem, setProblem] = useState("");
  const problemId = useId();
  const look = (event: FormEvent) => {
    event.preventDefault();
    setProblem("");
    try {
      onSource(fromAddress(address));
    } catch (error) {
      setProblem(inWords(problemOf(error)));
    }
  };
  return (
    <form className="address" noValidate onSubmit={look}>
      <input
        className="input"
        type="url"
        inputMode="url"
        placeholder="or https://…"
        aria-label="Address of a package"
        aria-describedby={problemId}
        aria-invalid={problem !== ""}
        value={address}
        onChange={(event) => setAddress(event.target.value)}
      />
      <button type="submit" className="button" disabled={address.trim() === ""}>
        Look at it
      </button>
      <p id={problemId} className="refused-message" role="status">
        {problem}
      </p>
    </form>
  );
}
