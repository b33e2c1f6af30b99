// The assistant: its panel, and answers that stream in. Every turn can be fetched whole at any time, so whatever is
// missed on the way (a socket that was down, a piece that was dropped) is made good by fetching the turn again.
(() => {
  "use strict";

  const LOOK_SECONDS = 2; // how often a turn that is being answered is looked at, when nothing is heard of it
  const LONGEST_WAIT_SECONDS = 30;
  const SPOKEN = 400; // characters of an answer that are announced
  const SIGNED_OUT = 4401;
  const said = document.getElementById("assistant-said");
  const panel = document.getElementById("assistant-panel");
  const opener = document.getElementById("assistant-open");
  const heardAt = new Map(); // when something was last heard of a turn, by its number
  const place = (turn) => document.getElementById(`turn-${turn}`);
  const open = () => [...document.querySelectorAll("[data-turn][data-open]")];

  // The panel. What is being written when it is closed stands there again when it is opened, unless it was asked meanwhile.
  let written = "";
  async function show() {
    panel.showPopover();
    opener.setAttribute("aria-expanded", "true");
    await htmx.ajax("GET", opener.dataset.panel, { target: "#assistant-panel", swap: "innerHTML" });
    toEnd(panel);
    const question = document.getElementById("question");
    if (question && !question.value) [question.value, written] = [written, ""];
    question?.focus();
    listen();
  }
  function hide() {
    const field = document.getElementById("question");
    if (field && !field.form.matches(".htmx-request")) written = field.value || written;
    panel.hidePopover();
    opener.setAttribute("aria-expanded", "false");
    panel.replaceChildren();
    opener.focus();
  }
  opener?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (panel.matches(":popover-open")) hide();
    else show();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-close-assistant]") && hide());
  panel?.addEventListener("keydown", (event) => event.key === "Escape" && hide());

  document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
    if (!elt.matches("form.ask")) return;
    const asked = elt.elements.question.value;
    written = "";
    xhr.addEventListener("loadend", () => { if (xhr.status < 200 || xhr.status >= 300) written ||= asked; });
  });

  // Enter asks, Shift and Enter begins a new line.
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "question" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // A turn that is shown anew.
  const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const left = new WeakSet(); // lists whose person has scrolled away from the end; the others are kept there
  document.addEventListener("scroll", ({ target }) => {
    if (!target.classList?.contains("turns")) return;
    if (atEnd(target)) left.delete(target);
    else left.add(target);
  }, true);
  function toEnd(inside) {
    const list = inside.querySelector(".turns");
    if (list) list.scrollTop = list.scrollHeight;
  }
  const fetching = new Set();
  async function refresh(turn) {
    const there = place(turn);
    if (!there || fetching.has(turn)) return;
    if (there.querySelector(".htmx-request")) { // what a person has just pressed is answered first
      setTimeout(() => refreshSoon(turn), 300);
      return;
    }
    fetching.add(turn);
    heardAt.set(turn, Date.now());
    const list = there.closest(".turns");
    const follow = list && !left.has(list);
    if (there.hasAttribute("data-open")) answering.add(turn);
    const undecided = openIn(there);
    try {
      await htmx.ajax("GET", there.dataset.address, { source: there, target: there, swap: "outerHTML" });
    } finally {
      fetching.delete(turn);
    }
    if (follow) list.scrollTop = list.scrollHeight;
    const now = place(turn);
    if (decided && document.activeElement === document.body) document.getElementById(decided)?.focus();
    if (undecided.some(isConfirmed)) changed();
    if (again.delete(turn)) refresh(turn);
    else if (now && !now.hasAttribute("data-open") && answering.delete(turn)) announce(now); // it has come to rest
  }
  const answering = new Set(); // turns whose answer has not been announced yet
  const again = new Set();
  function refreshSoon(turn) {
    if (fetching.has(turn)) again.add(turn);
    else refresh(turn);
  }
  function announce(turn) {
    const words = [...turn.querySelectorAll(".words, .note")].map((part) => part.textContent.trim()).join(" ");
    const waiting = turn.querySelectorAll('[data-proposal][data-state="open"]').length;
    const cards = turn.querySelectorAll(".ai-card").length;
    said.textContent = `Answer: ${words.slice(0, SPOKEN)}${waiting ? ` ${waiting} proposal${waiting > 1 ? "s wait" : " waits"} for you.` : cards ? ` ${cards} card${cards > 1 ? "s" : ""} shown.` : ""}`;
  }

  // What is shown of an order on the page is fetched again once a proposal was confirmed, in whichever tab.
  function changed() {
    for (const name of ["order-changed", "order-confirmed"]) document.body.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }
  const openIn = (turn) => [...(turn?.querySelectorAll('[data-proposal][data-state="open"]') || [])].map((part) => part.id);
  const isConfirmed = (id) => document.getElementById(id)?.dataset.state === "confirmed";

  // What became of a proposal, and how it is now where that stood against it.
  function tell(proposal) {
    const parts = [...proposal.querySelectorAll("[data-outcome], [data-now] > div")].map((part) => part.innerText.replace(/\s+/g, " ").trim());
    said.textContent = [proposal.dataset.says, ...parts].join(" ").slice(0, SPOKEN);
  }

  // A decided proposal keeps the focus, however often it is shown anew, until the person goes elsewhere.
  let decided = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const proposal = event.detail.elt.closest?.("[data-proposal]");
    if (proposal) decided = proposal.id;
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.id !== decided) decided = event.target.closest("[data-proposal]") ? decided : "";
  });

  // After an act: the talk at its end, the field ready for the next question, a decided proposal in focus.
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (decided && document.activeElement === document.body) document.getElementById(decided)?.focus();
    if (part.id && part.id === decided) {
      tell(part);
      if (isConfirmed(part.id)) changed();
    }
    if (!part.matches?.("[data-talk]")) return;
    toEnd(part);
    document.getElementById("question")?.focus();
    if (part.querySelector("[data-open]")) said.textContent = "The assistant is answering.";
    listen();
  });

  // A conversation that is shown in several tabs: what was asked in another one stands here too, in its place.
  const talkOf = (conversation) => document.querySelector(`[data-talk][data-conversation="${conversation}"]`);
  const completing = new Set();
  const incomplete = new Set(); // of which more was heard while they were fetched
  async function complete(conversation) {
    const talk = talkOf(conversation);
    if (!talk) return;
    if (completing.has(conversation)) {
      incomplete.add(conversation);
      return;
    }
    if (talk.querySelector("form.ask.htmx-request")) { // this tab asks just now: its answer shows everything
      setTimeout(() => complete(conversation), 300);
      return;
    }
    completing.add(conversation);
    try {
      const answer = await fetch(talk.dataset.address, { headers: { Accept: "text/html" } });
      if (answer.status === 404) gone(conversation);
      else if (answer.ok) addMissing(conversation, await answer.text());
    } catch { // the server is away; the socket's return asks again
    } finally {
      completing.delete(conversation);
      if (incomplete.delete(conversation)) complete(conversation);
    }
  }
  function addMissing(conversation, page) {
    const list = talkOf(conversation)?.querySelector(".turns");
    if (!list) return;
    const follow = !left.has(list);
    for (const turn of new DOMParser().parseFromString(page, "text/html").querySelectorAll(".turns > [data-turn]")) {
      if (place(turn.dataset.turn)) continue;
      const later = [...list.querySelectorAll(":scope > [data-turn]")].find((one) => Number(one.dataset.turn) > Number(turn.dataset.turn));
      const added = document.importNode(turn, true);
      list.insertBefore(added, later || null);
      htmx.process(added);
      if (added.hasAttribute("data-open")) said.textContent = `Asked in another tab: ${added.getAttribute("aria-label")}`;
    }
    if (follow) list.scrollTop = list.scrollHeight;
  }
  function gone(conversation) {
    const talk = talkOf(conversation);
    if (!talk) return;
    talk.querySelector(".turns").replaceChildren(talk.querySelector("[data-gone]").content.cloneNode(true));
    talk.querySelector('input[name="conversation"]').remove(); // the next question begins a new one; what is typed stays
    document.querySelectorAll(`[data-of-conversation="${conversation}"]`).forEach((part) => part.remove());
    const title = document.querySelector(`[data-title-of="${conversation}"]`);
    if (title) title.textContent = title.dataset.without;
    if (location.pathname === talk.dataset.address.split("?")[0]) history.replaceState(null, "", talk.dataset.begin);
    delete talk.dataset.conversation;
    said.textContent = talk.querySelector(".turns").innerText;
  }

  // The socket, from the first time that there is something to hear.
  let socket = null;
  let failures = 0;
  let lost = false; // whether the socket was gone, and with it what was said meanwhile
  function hear(message) {
    if (message.type === "assistant.deleted") return gone(message.conversation);
    if (message.conversation && !place(message.turn)) return complete(message.conversation);
    heardAt.set(message.turn, Date.now());
    const part = place(message.turn)?.querySelector(`[data-step="${message.step}"]`);
    if (message.type === "assistant.changed" || !part || part.textContent.length < message.at) return refreshSoon(message.turn);
    const list = part.closest(".turns");
    const follow = list && !left.has(list);
    part.append(message.text.slice(part.textContent.length - message.at)); // what is there already is left out
    if (follow) list.scrollTop = list.scrollHeight;
  }
  function listen() {
    if (socket) return;
    const address = new URL(said.dataset.socket, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    socket = new WebSocket(address);
    socket.addEventListener("open", () => {
      failures = 0;
      open().forEach((turn) => refreshSoon(Number(turn.dataset.turn)));
      if (lost) document.querySelectorAll("[data-talk][data-conversation]").forEach((talk) => complete(Number(talk.dataset.conversation)));
      lost = false;
    });
    socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      socket = null;
      lost = true;
      if (event.code === SIGNED_OUT) return;
      failures += 1;
      setTimeout(listen, Math.min(LONGEST_WAIT_SECONDS, 2 ** (failures - 1)) * 1000 * (0.75 + Math.random() / 2));
    });
  }
  setInterval(() => {
    for (const turn of open()) {
      const number = Number(turn.dataset.turn);
      if (Date.now() - (heardAt.get(number) || 0) > LOOK_SECONDS * 1000) refreshSoon(number);
    }
  }, LOOK_SECONDS * 500);

  if (document.querySelector("[data-talk]")) {
    toEnd(document);
    listen();
  }
})();
