/** Who signed a package. The name is what the author writes; the key is what was checked. */

import type { ReactNode } from "react";
import { useFingerprint } from "./use-manager.ts";

/** In a few words, for a list. */
export function PublisherShort({ publisher }: { readonly publisher: string }): ReactNode {
  const fingerprint = useFingerprint(publisher);
  if (publisher === "") return <span className="unsigned">not signed</span>;
  return (
    <span>
      signed by{" "}
      <code title={`Key ${fingerprint ?? ""}`}>
        {fingerprint?.split("-").slice(0, 2).join("-")}
      </code>
    </span>
  );
}

/** In a sentence. */
export function PublisherLong(props: {
  readonly publisher: string | undefined;
  /** The name that the manifest gives. */
  readonly name: string;
}): ReactNode {
  const { publisher = "", name } = props;
  const fingerprint = useFingerprint(publisher);
  if (publisher === "") {
    return (
      <>
        {name !== "" && <>Says it is by “{name}”. </>}
        <span className="unsigned">Not signed</span>: nobody vouches that it is as its author made
        it.
      </>
    );
  }
  return (
    <>
      {name !== "" && <>Says it is by “{name}”. </>}
      Signed with the key <code className="key">{fingerprint}</code>.
    </>
  );
}
