// Background work, live: over a WebSocket, and by asking every two seconds while that is down.
(() => {
  "use strict";

  const ASK_SECONDS = 2;
  const PROGRESS_EVERY_SECONDS = 1;
  const QUEUE_EVERY = 5; // of so many times asking, once the queue too
  const LONGEST_WAIT_SECONDS = 30;
  const SHOWN_AFTER_SUCCESS_SECONDS = 6;
  const SHOWN_AT_LEAST_SECONDS = 2; // an end that was heard of late
  const OPEN = ["queued", "running"];
  const SIGNED_OUT = 4401;
  const GATEWAYS = [502, 504]; // somebody on the way answers that the server does not

  const panel = document.getElementById("runs");
  const cards = document.getElementById("runs-cards");
  const said = document.getElementById("runs-said");
  const model = document.getElementById("run-card").content;
  const known = new Map(); // the state of each run that this page has seen, by id
  const announce = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: true }));

  // Progress is told once a second at most, the last of it too. (htmx's own throttle would swallow the end of a run.)
  let resting = false;
  let untold = false;
  function announceProgress() {
    untold = resting;
    if (resting) return;
    announce("runs-changed");
    resting = true;
    setTimeout(() => {
      resting = false;
      if (untold) announceProgress();
    }, PROGRESS_EVERY_SECONDS * 1000);
  }

  for (const card of cards.querySelectorAll("[data-run]")) known.set(Number(card.dataset.run), card.dataset.state);

  function cardOf(run) {
    const there = cards.querySelector(`[data-run="${run.id}"]`);
    if (there) return there;
    const card = model.cloneNode(true).querySelector("article");
    card.dataset.run = run.id;
    cards.append(card);
    return card;
  }

  function draw(run) {
    const card = cardOf(run);
    const part = (name) => card.querySelector(`[data-part="${name}"]`);
    const done = run.state === "succeeded";
    const label = done ? run.done_label : run.label;
    card.dataset.state = run.state;
    card.dataset.work = run.label;
    card.dataset.ended = run.finished_at || "";
    if (part("label").textContent !== label) part("label").textContent = label;
    part("count").textContent = run.total ? `${run.done} of ${run.total}` : "";
    part("phase").textContent = run.error || (done ? "" : run.phase);
    part("link").href = run.url;
    const bar = card.querySelector("progress");
    bar.value = run.percent;
    bar.setAttribute("aria-valuenow", run.percent);
    bar.setAttribute("aria-label", label);
    return card;
  }

  function remove(id) {
    const card = cards.querySelector(`[data-run="${id}"]`);
    if (card && panel.matches(":popover-open")) card.dataset.leaves = ""; // not under somebody's eyes
    else card?.remove();
  }
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    for (const seen of cards.querySelectorAll('[data-leaves], [data-state="succeeded"], [data-state="failed"]')) seen.remove();
  });

  function takePlace(run) { // of an earlier end of the same work
    for (const old of cards.querySelectorAll('[data-state="succeeded"]')) {
      if (old.dataset.work === run.label && Number(old.dataset.run) !== run.id) old.remove();
    }
  }

  function receive(run) {
    const before = known.get(run.id);
    const open = OPEN.includes(run.state);
    const isNews = open || OPEN.includes(before) || (before === undefined && run.ended_ago < SHOWN_AFTER_SUCCESS_SECONDS);
    if (!isNews || (before && !OPEN.includes(before))) return; // an end is told once
    known.set(run.id, run.state);
    if (run.state === "succeeded") takePlace(run);
    const card = draw(run);
    if (before === undefined && open) announce("run-started");
    announceProgress();
    if (!open) end(run, card);
    else if (before !== run.state) said.textContent = run.state === "running" ? run.label : "";
  }

  function end(run, card) {
    said.textContent = run.state === "failed" ? `${run.label}: ${run.error}` : card.querySelector('[data-part="label"]').textContent;
    announce("run-finished");
    if (run.state === "failed") return;
    const left = SHOWN_AFTER_SUCCESS_SECONDS - (run.ended_ago || 0); // the next page does not begin anew
    setTimeout(() => remove(run.id), Math.max(SHOWN_AT_LEAST_SECONDS, left) * 1000);
  }

  function receiveAll(runs) {
    const told = new Set(runs.map((run) => run.id));
    runs.forEach(receive);
    for (const [id, state] of known) {
      if (OPEN.includes(state) && !told.has(id)) { // it ended while this page was away
        known.set(id, "gone");
        remove(id);
        announceProgress();
        announce("run-finished");
      }
    }
  }

  // Asking, while the socket is down.
  let asking = null;
  let asked = 0;
  const away = document.getElementById("away");
  let inVain = 0;
  function answered(yes) { // told from the second time on: a restart takes a moment
    inVain = yes ? 0 : inVain + 1;
    away.hidden = inVain < 2;
  }
  // Contact that was lost, as a page notices here or where it sends something, is told of when it is there again.
  let isLost = false;
  function back() {
    if (isLost) announce("line-back");
    isLost = false;
  }
  document.body.addEventListener("line-lost", () => {
    isLost = true;
    startAsking();
  });
  async function ask() {
    const turn = asking; // who was stopped meanwhile asks no more, also where another has begun
    try {
      const answer = await fetch(document.body.dataset.live, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
      answered(!GATEWAYS.includes(answer.status));
      if (answer.redirected) { // signed out, which is told where something is sent
        back();
        return stopAsking();
      }
      const body = await answer.json();
      if (body.success) {
        receiveAll(body.data.runs);
        back();
      }
      asked += 1;
      if (asked % QUEUE_EVERY === 0) announce("queue-changed");
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError)) throw error;
      if (!(error instanceof SyntaxError)) {
        answered(false);
        isLost = true;
      }
    }
    if (isListening() && !isLost) stopAsking();
    if (asking !== null && asking === turn) asking = setTimeout(ask, ASK_SECONDS * 1000);
  }
  function startAsking() {
    if (asking === null) asking = setTimeout(ask, 0);
  }
  function stopAsking() {
    clearTimeout(asking);
    asking = null;
  }

  // The socket, again and again with longer waits.
  let failures = 0;
  let line;
  const isListening = () => line?.readyState === WebSocket.OPEN;
  function listen() {
    const address = new URL(document.body.dataset.socket, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    line = socket;
    socket.addEventListener("message", (event) => {
      const wasAway = failures > 0;
      failures = 0;
      answered(true);
      const message = JSON.parse(event.data);
      if (message.type === "state") {
        stopAsking();
        receiveAll(message.runs);
        back();
        announce(wasAway ? "queue-changed" : "line-open"); // what was told before is gone
      }
      else if (message.type === "run.changed") receive(message.run);
      else if (message.type === "hint") announce(`${message.name}-changed`);
    });
    socket.addEventListener("close", (event) => {
      if (event.code === SIGNED_OUT) return stopAsking();
      isLost ||= failures === 0;
      failures += 1;
      startAsking();
      const wait = Math.min(LONGEST_WAIT_SECONDS, 2 ** (failures - 1));
      setTimeout(listen, wait * 1000 * (0.75 + Math.random() / 2));
    });
  }
  listen();
})();
