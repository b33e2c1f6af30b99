// An order: each field and the status are saved by themselves. A change shows at once, goes to the server after the
// one before it, and settles with the answer; a refusal restores what was there and says why; what could not be sent
// stays, and is sent again when the server answers.
(() => {
  "use strict";

  const PATIENCE_SECONDS = 20;
  const LONGEST_KEPT_ALIVE = 60000; // bytes of a request that outlives its page
  const LONGEST_QUOTED = 200; // signs of what was refused
  const UNREACHED = [0, 502, 503, 504]; // nobody answered, or somebody on the way
  const LONGEST_PAUSE_SECONDS = 60; // between two times of sending again by itself
  const STATUS = "status";
  const $ = (selector, inside = document) => inside.querySelector(selector);
  const waiting = []; // changes in the order in which they were made
  const held = new Map(); // changes that could not be sent, by what they change, in the order in which they were made
  let sending = null;

  // What a field holds, and what the server last said that it holds.
  const formOf = () => $("#fields-form.inplace");
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["hidden", "submit"].includes(field.type));
  const toldOf = typing.defaultOf;
  const wordsOf = (field) => seen((field.tagName === "SELECT" ? field.selectedOptions[0]?.text : field.value) || "(empty)");
  // Marks that turn the direction of text are named: shown as they are, they would turn the sentence around them.
  const TURNS_TEXT = /[\u202a-\u202e\u2066-\u2069]/g;
  const seen = (text) => short(text).replace(TURNS_TEXT, (mark) => `[U+${mark.charCodeAt(0).toString(16).toUpperCase()}]`);
  const short = (text) => (text.length > LONGEST_QUOTED ? `${text.slice(0, LONGEST_QUOTED)}…` : text);
  function setTold(field, value) {
    if (field.tagName === "SELECT") for (const option of field.options) option.defaultSelected = option.value === value;
    else field.defaultValue = value;
  }
  const versionOf = (field) => field.dataset.version || field.form.elements.expected_version.value;
  const versionIn = (html) => $("#fields-form [name=expected_version]", new DOMParser().parseFromString(html, "text/html")).value;

  // The changes on their way.
  const here = () => formOf()?.dataset.fieldAddress;
  const partsOf = () => formOf().dataset.partsAddress;
  const label = () => $("#order-title").textContent;
  const isHere = (job) => job.order === here();
  const ofKey = (key) => (job) => job.key === key && isHere(job);
  const newest = (key) => waiting.findLast(ofKey(key)) || [sending].filter(Boolean).find(ofKey(key));
  const heldHere = (key) => [held.get(nameOf({ order: here(), key }))].filter(Boolean)[0];
  const isBusy = (key) => Boolean(newest(key) || heldHere(key));
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";
  const tell = (name, detail) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

  const nameOf = (job) => `${job.order} ${job.key}`;
  const isAway = () => [...held.values()].some((job) => job.unreached);

  // While the server is away, what is made waits behind what waits already.
  function put(job) {
    const away = isAway();
    held.delete(nameOf(job));
    if (away) keep(job);
    else lineUp(job);
    pump();
  }
  function lineUp(job) {
    const earlier = waiting.findIndex((other) => nameOf(other) === nameOf(job));
    if (earlier >= 0) waiting.splice(earlier, 1); // nobody needs to see it any more
    waiting.push(job);
  }
  function keep(job, unreached = true) {
    job.unreached = unreached;
    held.set(nameOf(job), job);
    if (isHere(job)) job.keep();
  }

  async function pump() {
    if (sending || !waiting.length) return;
    sending = waiting.shift();
    const job = sending;
    const looked = await lookFirst(job);
    const answer = looked || (await ask(job.address, job.values()));
    sending = null;
    const unreached = UNREACHED.includes(answer.status);
    if (!unreached) inVain = 0;
    if (!looked) rememberWhether(job, unreached);
    const newer = waiting.some((other) => nameOf(other) === nameOf(job));
    if (answer.status === 200) {
      letKnow(job, versionIn(answer.html));
      job.accept(answer, newer);
    } else if ([409, 422].includes(answer.status)) job.refuse(answer, newer);
    else hold(job, answer, newer);
    if (answer.status === 200) {
      tell("order-changed");
      tell("order-sent", { order: job.label, sent: job.sent || [] });
      if (!isHere(job)) say(`Saved in ${job.label}`);
    } else if ([409, 422].includes(answer.status)) {
      if (isHere(job)) $("#said").replaceChildren(); // no "Saved" of an earlier change beside what was refused
      else sayElsewhere(job, answer);
    }
    pump();
    tellSettled();
  }

  // What this page itself changed is known to what was changed after it, whichever order is open by now.
  const MOVES_ALONG = ["status_date", "last_updated", "next_update"]; // what a change of status sets as well
  function letKnow(job, version) {
    const keys = job.key === STATUS ? [STATUS, ...MOVES_ALONG] : [job.key];
    for (const later of waiting) if (later.order === job.order && keys.includes(later.key)) later.version = version;
  }

  // What was sent without an answer may have arrived. Where another value has taken its place here since, that one is
  // no conflict with it: it was made knowing of it. Gives an answer only where there was none to look at.
  const unsure = new Map(); // the values that may have arrived, by what they change
  const amount = (text) => (/^\$?[\d,]+(\.\d+)?$/.test(text) ? String(Number(text.replace(/[$,]/g, ""))) : text);
  function plain(job, text) { // as typed, or as it was kept
    const kept = text.replaceAll("\r\n", "\n").trim();
    return job.isMoney ? amount(kept) : kept; // a serial number 00123 is not 123
  }
  // Where only the look was answered, it is as unsure as before; and what was not sent has not arrived.
  function rememberWhether(job, unreached) {
    const name = nameOf(job);
    if (unreached) unsure.set(name, [...(unsure.get(name) || []), plain(job, job.value)]);
    else unsure.delete(name);
  }
  async function lookFirst(job) {
    const others = [...(unsure.get(nameOf(job)) || [])].filter((value) => value !== plain(job, job.value));
    if (!others.length) return null;
    const answer = await ask(job.parts);
    if (answer.status !== 200) return answer;
    if (others.includes(plain(job, heldByServer(answer.html, job.key)))) job.version = versionIn(answer.html);
    return null;
  }
  function heldByServer(html, key) {
    const page = new DOMParser().parseFromString(html, "text/html");
    return key === STATUS ? $("#status", page).dataset.status : toldOf($("#fields-form", page).elements[key]);
  }

  async function ask(address, values) {
    const body = values && new URLSearchParams(values).toString();
    const headers = { "HX-Request": "true", "X-CSRFToken": token() };
    if (body) headers["Content-Type"] = "application/x-www-form-urlencoded";
    try {
      const signal = AbortSignal.timeout(PATIENCE_SECONDS * 1000);
      const keepalive = (body || "").length < LONGEST_KEPT_ALIVE;
      const answer = await fetch(address, { method: body ? "POST" : "GET", headers, body, signal, keepalive });
      const text = await answer.text();
      const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? JSON.parse(text) : {};
      return { status: answer.status, html: text, error: told.error };
    } catch (error) {
      if (error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError) return { status: 0 };
      throw error;
    }
  }

  // Beside the list the order may have come anew: it shows what is on its way from here, and what could not be sent.
  function drawAnew() {
    for (const job of [sending, ...waiting, ...held.values()].filter((made) => made && isHere(made))) {
      job.moveIn?.();
      if (heldHere(job.key) === job) job.keep();
      else job.again();
    }
  }
  document.addEventListener("htmx:afterSwap", ({ target }) => target.id === "beside-order" && drawAnew());
  document.addEventListener("htmx:historyRestore", drawAnew);

  // Or another one may be open by now.
  function say(textContent, className = "") {
    $("#said").replaceChildren(Object.assign(document.createElement("p"), { className, textContent }));
  }
  function sayElsewhere(job, { error = "please open it again and look." }) {
    say(`Not saved in ${job.label}: ${error}${enteredIn(job)}`, "bad");
  }
  const enteredIn = ({ words }) => (words ? ` You entered “${words}”.` : "");
  document.body.addEventListener("order-leaves", (event) => {
    const job = [...held.values()].find(isHere);
    if (!job) return;
    event.preventDefault();
    $(".unsaved button")?.focus();
  });

  function hold(job, answer, newer) {
    if (answer.status) tell("htmx:responseError", { xhr: { status: answer.status } });
    else tell("htmx:sendError", {});
    const unreached = UNREACHED.includes(answer.status);
    if (!newer) keep(job, unreached);
    if (!unreached) return;
    for (const later of waiting.splice(0)) keep(later);
    inVain += 1;
    tell("line-lost");
  }

  // What waits is sent in the order in which it was made, once each. Sending what did arrive changes nothing: the
  // server finds that value there already, and refuses it where somebody has put another in its place since.
  function sendAgain() {
    clearTimeout(resending);
    for (const job of [...held.values()]) {
      held.delete(nameOf(job));
      if (isHere(job)) job.again();
      lineUp(job);
    }
    pump();
  }
  // By itself, once the server answers again. One that answers, but not to this, is left longer and longer alone.
  let resending;
  let inVain = 0;
  function resume() {
    clearTimeout(resending);
    const pause = inVain > 1 ? Math.min(LONGEST_PAUSE_SECONDS, 2 ** (inVain - 1)) : 0;
    resending = setTimeout(() => isAway() && sendAgain(), pause * 1000);
  }
  document.body.addEventListener("line-back", resume);
  window.addEventListener("online", resume);

  // The server's truth takes its place when nothing is on its way any more. An answer that was given before a change
  // and came after it would take that one from the page again.
  const isOvertaken = (html) => Number(versionIn(html)) < Number(formOf().elements.expected_version.value);
  function show(html) {
    if (waiting.length || sending) return;
    if (isOvertaken(html)) refresh();
    else htmx.swap(document.body, html, { swapStyle: "none", swapDelay: 0, settleDelay: 0 });
  }
  let refreshing = 0;
  async function refresh() {
    const place = here();
    refreshing += 1;
    const answer = await ask(partsOf());
    refreshing -= 1;
    if (answer.status === 200 && place === here()) show(answer.html);
    tellSettled();
  }
  // The page is as new as the last answer; whether it was overtaken meanwhile can be told now.
  const isSettling = () => sending || waiting.length || refreshing;
  const tellSettled = () => isSettling() || tell("order-settled");
  document.body.addEventListener("order-overtaken", (event) => {
    if (isSettling() || isAway()) event.preventDefault(); // it may be by this page's own change
  });
  document.body.addEventListener("order-newest", refresh);
  document.body.addEventListener("order-undone", () => formOf() && refresh());
  document.body.addEventListener("order-confirmed", () => formOf() && refresh()); // what the assistant had proposed
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const of = fragment.firstElementChild?.dataset.order;
    if (of && of !== target.dataset.order) { // beside the list another order is open by now
      event.detail.shouldSwap = false;
      return;
    }
    if (["heading", "status"].includes(target.id) && isBusy(STATUS)) event.detail.shouldSwap = false;
    const form = target.id === "fields" && $("form.inplace", target);
    const fresh = form && $("#fields-form", fragment);
    if (!fresh || $(".clash", fragment)) return;
    merge(form, fresh);
    event.detail.shouldSwap = false;
  });

  // Fields that nobody is changing take the new values; the others keep theirs, and the version that they began with
  // unless their own value is the same as then.
  function merge(form, fresh) {
    const version = fresh.elements.expected_version.value;
    for (const field of fieldsOf(form)) {
      const twin = fieldsOf(fresh).find((other) => other.id === field.id);
      if (!twin) continue;
      field.dataset.version = versionOf(field);
      $(".follows", field.parentElement)?.replaceWith($(".follows", twin.parentElement)); // it says what is saved
      const told = toldOf(twin);
      const typed = isBusy(field.name) || field.value !== toldOf(field);
      if (!typed || told === toldOf(field)) field.dataset.version = version;
      if (typed) continue;
      if (field.tagName === "SELECT") field.replaceChildren(...twin.cloneNode(true).children);
      setTold(field, told);
      field.value = told;
    }
    form.elements.expected_version.value = version;
  }

  // A line under a field, or under the status: what became of a change, and what can be done.
  function note(place, text, choices) {
    clearNote(place);
    const line = document.createElement("div");
    line.className = "unsaved";
    line.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = text;
    const buttons = choices.map(([label, act]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: label });
      button.addEventListener("click", () => { clearNote(place); act(); });
      return button;
    });
    const row = document.createElement("div");
    row.className = "actions";
    row.append(...buttons);
    line.append(words, row);
    place.append(line);
  }
  const clearNote = (place) => $(":scope > .unsaved", place)?.remove();
  const keptHow = (job) => (job.unreached ? "It is sent by itself once the server answers." : "What you entered is kept here.");

  // One field. What follows a change of this page knows of what that one has learned, also where it shows nowhere yet.
  const knownTo = (field) => (newest(field.name) || heldHere(field.name))?.version ?? versionOf(field);
  function fieldJob(field) {
    const value = field.value;
    const live = () => (field.isConnected ? field : formOf().elements[field.name]); // its order may have come anew
    const place = () => live().closest(".field");
    const mark = (state) => (state ? place().setAttribute("data-state", state) : place().removeAttribute("data-state"));
    const take = () => { live().value = value; };
    const job = { key: field.name, order: here(), label: label(), address: here(), parts: partsOf(), value, version: knownTo(field), words: wordsOf(field), isMoney: field.matches(".money") };
    job.moveIn = () => { // what somebody else put there meanwhile was not known when it was made
      setTold(live(), toldOf(field));
      live().dataset.version = job.version;
      take();
    };
    const back = () => {
      held.delete(nameOf(job));
      mark("");
      live().value = toldOf(live());
      live().focus();
      refresh();
    };
    job.values = () => ({ field: field.name, value, expected_version: job.version });
    job.accept = ({ html }, newer) => {
      if (!isHere(job)) return;
      live().dataset.version = versionIn(html);
      setTold(live(), value);
      if (newer) return;
      mark("");
      show(html);
    };
    job.refuse = ({ status, error }, newer) => {
      if (newer || !isHere(job)) return;
      mark("");
      if (live().value === value) live().value = toldOf(live());
      const again = status === 409 ? ["Save mine over it", () => { take(); commit(live()); }] : ["Change it", () => { take(); live().focus(); }];
      note(place(), `Not saved: ${error}${enteredIn(job)}`, [again, ["Leave it as it is", () => live().focus()]]);
      refresh();
    };
    job.keep = () => {
      mark("held");
      note(place(), `Not saved yet. ${keptHow(job)}`, [["Send it again", sendAgain], ["Take it back", back]]);
    };
    job.again = () => { mark("sending"); clearNote(place()); };
    job.again();
    return job;
  }

  function commit(field) {
    const place = field.closest(".field");
    if (field.validity.badInput) return note(place, "Not saved: this is not a whole date.", []);
    const last = newest(field.name) || heldHere(field.name);
    if (field.value !== (last ? last.value : toldOf(field))) put(fieldJob(field));
  }
  const inPlace = (element) => element?.form?.matches?.("#fields-form.inplace") && element.name && element.type !== "submit";
  let byKeyboard = false; // a date that is typed changes with every digit; one that is picked is meant

  document.addEventListener("focusout", (event) => inPlace(event.target) && commit(event.target));
  document.addEventListener("change", (event) => {
    const picked = event.target.tagName === "SELECT" || (event.target.type === "date" && !byKeyboard);
    if (inPlace(event.target) && picked) commit(event.target);
  });
  document.addEventListener("pointerdown", () => { byKeyboard = false; }, true);
  document.addEventListener("keydown", (event) => {
    byKeyboard = true;
    const field = event.target;
    if (!inPlace(field)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) commit(field);
    if (event.key === "Escape" && field.value !== toldOf(field) && !isBusy(field.name)) {
      event.stopPropagation();
      field.value = toldOf(field);
    }
  }, true);

  // The status.
  const painted = () => [...document.querySelectorAll("#heading .st, #status > .line .st, #status .path, #status .exits")];
  const copies = () => painted().map((part) => part.cloneNode(true));
  // How the status looked when the server was last agreed with. It goes with its part of the page: another order's, or
  // the same one opened again, has another.
  const truths = new WeakMap();
  const agreeOn = (parts) => truths.set($("#status"), parts);
  const agreed = () => truths.delete($("#status"));
  function restore() {
    const parts = truths.get($("#status")) || [];
    painted().forEach((part, index) => parts[index] && part.replaceWith(parts[index].cloneNode(true)));
  }
  function paint(status) {
    const option = [...$("#status-form select").options].find((other) => other.value === status);
    if (!option) return;
    for (const dot of document.querySelectorAll("#heading .st, #status > .line .st")) {
      dot.className = `st ${option.dataset.color}`;
      dot.textContent = option.text;
    }
    const steps = [...document.querySelectorAll("#status .path li")];
    const at = steps.findIndex((step) => step.dataset.step === status);
    const left = steps.findIndex((step) => step.classList.contains("now"));
    steps.forEach((step, index) => {
      const behind = at >= 0 ? index < at : step.classList.contains("done") || index === left;
      step.className = index === at ? "now" : behind ? "done" : "";
      if (index === at) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    for (const exit of document.querySelectorAll("#status .exits li")) exit.classList.toggle("now", exit.dataset.exit === status);
  }

  // The second click of a double click is none of its own: it would take the step after the one that was meant, or
  // save the same once more, and with that take the offer away to undo it.
  const DOUBLE_CLICK = 500; // milliseconds
  let asked = { at: -DOUBLE_CLICK };
  function isRepeated(form, at) {
    const before = asked;
    const entered = new URLSearchParams(new FormData(form));
    for (const name of ["expected_version", "csrfmiddlewaretoken"]) entered.delete(name);
    asked = { id: form.id, what: form.id === "next-step" ? "" : entered.toString(), at };
    return at - before.at < DOUBLE_CLICK && before.id === asked.id && before.what === asked.what;
  }
  function statusJob(form) {
    const values = Object.fromEntries(new FormData(form));
    const job = { key: STATUS, order: here(), label: label(), address: form.action, parts: partsOf(), value: values.status, version: values.expected_version, sent: typing.read(form) };
    job.values = () => ({ ...values, expected_version: job.version });
    const show_at_once = () => {
      if (!truths.has($("#status"))) agreeOn(copies());
      paint(job.value);
      job.look = copies();
    };
    const settle = ({ html }) => {
      agreed();
      const typed = $("#status-form");
      if (typed && Object.entries(values).every(([name, value]) => new FormData(typed).get(name) === value)) typed.reset();
      show(html);
    };
    // What was chosen here meanwhile was chosen knowing of this change.
    const knowOf = (html) => {
      const shown = $("#status-form");
      if (shown) shown.elements.expected_version.value = versionIn(html);
    };
    job.accept = (answer, newer) => {
      if (!isHere(job)) return;
      if (newer) agreeOn(job.look);
      else {
        settle(answer);
        knowOf(answer.html);
      }
    };
    job.refuse = (answer, newer) => {
      if (newer || !isHere(job)) return;
      restore();
      settle(answer);
      const focus = answer.status === 409 ? $("#status-save") : $('#status [aria-invalid="true"]');
      focus?.focus();
    };
    job.keep = () => {
      restore();
      const words = [...$("#status-form select").options].find((option) => option.value === job.value)?.text;
      note($("#status"), `Not saved yet: status “${words || job.value}”. ${keptHow(job)}`, [["Send it again", sendAgain], ["Take it back", () => { held.delete(nameOf(job)); agreed(); refresh(); }]]);
    };
    job.again = () => { clearNote($("#status")); show_at_once(); };
    clearNote($("#status"));
    show_at_once();
    return job;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const isStatus = form.matches("#status-form, #next-step");
    const isField = form.matches("#fields-form.inplace") && !event.submitter?.matches(".clash button");
    if (!here() || !(isStatus || isField)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // what htmx would send by itself
    if (isStatus && isRepeated(form, event.timeStamp)) return;
    if (isStatus) put(statusJob(form));
    else if (inPlace(document.activeElement)) commit(document.activeElement);
  }, true);

  // Nobody leaves by mistake what is not with the server yet.
  window.addEventListener("beforeunload", (event) => {
    const form = formOf();
    const typed = form && fieldsOf(form).some((field) => field.value !== (newest(field.name)?.value ?? toldOf(field)));
    const beside = [...document.querySelectorAll(".order form[data-form]:not(.inplace) :is(textarea, input, select)")];
    const written = beside.some(typing.isTyped);
    if (waiting.length || held.size || typed || written) event.preventDefault();
  });
})();
