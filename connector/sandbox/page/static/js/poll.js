// The page's talk with the sandbox: one long poll that keeps it current, and orders that change it.

const SLOWEST = 8000;

export async function follow(onState, onOnline) {
  let seen = null;
  let pause = 0;
  for (;;) {
    const state = await next(seen);
    onOnline(state !== "away");
    if (state === "away") {
      pause = Math.min(SLOWEST, pause ? pause * 2 : 500);
      await new Promise((wake) => setTimeout(wake, pause));
      continue;
    }
    pause = 0;
    if (state === "unchanged") continue;
    seen = { version: state.version, run: state.run };
    try {
      onState(state);
    } catch (error) {
      reportError(error); // one state that cannot be drawn must not stop the next
    }
  }
}

async function next(seen) {
  try {
    const answer = await fetch(seen ? `/state?since=${seen.version}&run=${seen.run}` : "/state");
    if (answer.status === 204) return "unchanged";
    return answer.ok ? await answer.json() : "away";
  } catch {
    return "away";
  }
}

// Resolves to true when it was done; otherwise says why not.
export async function order(path, body, { method = "POST", say }) {
  try {
    const answer = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (answer.ok) return true;
    const { error } = await answer.json().catch(() => ({}));
    say(error ?? `That did not work (${answer.status}).`);
  } catch {
    say("The sandbox does not answer. Your text is still there; try again.");
  }
  return false;
}
