// What somebody said as a guest before they signed in: offers to keep it.

import { drawNotice } from "./notice.js";
import { respond } from "./refusal.js";
import { tell } from "./visitor.js";

/** Looks whether this browser's guest left anything, and offers it to who is signed in, in `box`; `done()` follows a claim. */
export async function offerClaim(box, { api, kind }, done) {
  const { guest } = api;
  if (kind !== "user" || !guest?.guest_id) return;
  const headers = { Authorization: `Bearer ${guest.access_token}` };
  const response = await respond(fetch("/v1/conversations?limit=1", { headers }), [401]);
  if (!response.ok) {
    // They have been claimed, at the sign-up or elsewhere.
    api.forgetGuest();
    return;
  }
  const { conversations } = await response.json();
  if (conversations.length === 0) return;
  const claim = async () => {
    try {
      await api.write("POST", `/v1/guests/${encodeURIComponent(guest.guest_id)}/claim`, {
        guest_token: guest.access_token,
      });
      api.forgetGuest();
      drawNotice(box, null);
      done();
    } catch (error) {
      tell(error, claim);
    }
  };
  drawNotice(box, {
    title: "Conversations were held here before you signed in",
    text: "They can be yours, with everything that came of them.",
    actions: [{ label: "Keep them", act: claim }],
  });
}
