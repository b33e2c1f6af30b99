// What every page does in the browser beside htmx: messages, and keeping what was typed.
(() => {
  "use strict";

  const SAID_SECONDS = 6;
  const UNDO_SECONDS = 15; // with something to do in it
  const SIGN_IN = "/accounts/login/";
  const $ = (selector, inside = document) => inside.querySelector(selector);

  // Messages go away by themselves; a failure stays until the next one.
  const said = $("#said");
  let clearing;
  function say(what, bad = false) {
    const line = document.createElement("p");
    line.append(...[what].flat());
    line.classList.toggle("bad", bad);
    said.replaceChildren(line);
  }
  function inAnotherTab(address, text) {
    return Object.assign(document.createElement("a"), { href: address, textContent: text, target: "_blank", rel: "noopener" });
  }
  function clearLater() {
    clearTimeout(clearing);
    if (!said.textContent.trim() || $(".bad", said)) return;
    const seconds = $(".undo", said) ? UNDO_SECONDS : SAID_SECONDS;
    const inUse = () => said.matches(":hover, :focus-within");
    clearing = setTimeout(() => (inUse() ? clearLater() : said.replaceChildren()), seconds * 1000);
  }
  new MutationObserver(clearLater).observe(said, { childList: true });
  clearLater();
  said.addEventListener("click", (event) => !event.target.closest("a, button") && said.replaceChildren());
  document.addEventListener("click", (event) => !said.contains(event.target) && $(".bad", said) && said.replaceChildren());

  // Where the part that asked was replaced while the server worked, what belongs elsewhere still gets there.
  document.addEventListener("htmx:oobErrorNoTarget", ({ detail }) => {
    const here = $(detail.target);
    if (!here) return;
    if (here === said) return said.replaceChildren(...detail.content.childNodes);
    here.replaceWith(detail.content);
    htmx.process(detail.content);
  });
  // Where it was taken away with the place of the answer (a panel closed), nothing else of it is left to be done, and
  // htmx would look for the other places in what was taken away.
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt, target, xhr } }) => {
    elt.addEventListener("htmx:beforeOnLoad", (event) => {
      if (elt.isConnected || target.isConnected || ![200, 409, 422].includes(xhr.status)) return;
      event.preventDefault();
      htmx.swap(document.body, xhr.responseText, { swapStyle: "none", ignoreTitle: true });
    }, { once: true });
  });

  // While somebody types, the search is one step of the history: the first answer is pushed, what follows takes its place.
  // Enter, or leaving the field, ends it.
  let searching = null;
  document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
    const asked = detail.requestConfig.elt;
    if (detail.history.type !== "push" || !asked.matches("input[type=search]")) return;
    if (searching === asked) detail.history.type = "replace";
    searching = asked;
  });
  for (const end of ["change", "popstate"]) window.addEventListener(end, () => { searching = null; });

  // Failures of htmx's requests, said once and in words.
  document.addEventListener("htmx:sendError", (event) => {
    const asked = event.detail.requestConfig?.verb === "get";
    say(asked ? "The server can't be reached." : "Not saved: the server can't be reached. What you typed is still here.", true);
  });
  document.addEventListener("htmx:timeout", () => say("The server did not answer in time. Please look before you repeat it.", true));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const kept = " in another tab, then save again; what you typed is still here.";
    if (status === 401) say(["You are signed out. ", inAnotherTab(SIGN_IN, "Sign in"), kept], true);
    else if (status === 403) say(["Not saved: the page was open for too long, or you may not do this. ", inAnotherTab("/", "Open the program"), kept], true);
    else if ([408, 413, 507].includes(status)) say(event.detail.xhr.responseText, true);
    else if (status === 503) say(`${event.detail.xhr.responseText} What you typed is still here.`, true);
    else if (status === 404) say("Not saved: this is not there any more. Please load the page again.", true);
    else say("Something went wrong; the program has noted it down.", true);
  });

  // Who signed in anew in another tab has another token: each form is sent with the one that counts now.
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  document.addEventListener("submit", (event) => {
    const field = event.target.elements.csrfmiddlewaretoken;
    if (field && token()) field.value = token();
  }, true);
  document.addEventListener("htmx:configRequest", (event) => {
    if (token()) event.detail.headers["X-CSRFToken"] = token();
  });

  // A save refreshes the forms beside it. What a person typed there and has not saved stays. Where the same field changed
  // on the server, the form keeps its old version, so that saving it tells of the conflict; where the form is gone, what
  // was typed is told.
  let submitted = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    submitted = event.detail.requestConfig.elt;
  });
  const { defaultOf, isTyped, setValue, valueOf } = typing;
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && field.type !== "hidden" && field.type !== "submit");
  const twinOf = (field, form) => fieldsOf(form).find((other) => other.id === field.id);
  function carry(old, fresh) {
    for (const field of fieldsOf(old).filter(isTyped)) {
      const twin = fresh && twinOf(field, fresh);
      if (!twin) {
        setTimeout(() => tellLost(field), 0); // below what else is said
        continue;
      }
      setValue(twin, valueOf(field));
      const version = defaultOf(twin) !== defaultOf(field) && fresh.elements.expected_version;
      if (version) version.value = old.elements.expected_version.value;
    }
  }
  function tellLost({ value, placeholder }) {
    const textContent = `${placeholder || "What you typed"} “${value}” is not saved: what asked for it is not there any more.`;
    said.append(Object.assign(document.createElement("p"), { className: "bad", textContent }));
  }
  // What a person unfolded stays so.
  const unfolded = (place) => [...place.querySelectorAll("details[data-stays][open]")].map((part) => part.id);
  const unfold = (ids, place) => ids.forEach((id) => $(`#${id}`, place)?.setAttribute("open", ""));
  let again = []; // in a part that is asked for anew; another order begins folded
  document.addEventListener("htmx:beforeSwap", ({ detail }) => { again = detail.target.matches("section") ? unfolded(detail.target) : []; });
  document.addEventListener("htmx:afterSwap", ({ detail }) => unfold(again.splice(0), detail.target));
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    unfold(unfolded(event.detail.target), event.detail.fragment);
    const isAnother = event.detail.fragment.firstElementChild?.dataset.order !== event.detail.target.dataset.order;
    if (isAnother) return; // beside the list another order is open by now
    for (const old of event.detail.target.querySelectorAll("form[data-form]:not(.inplace)")) {
      if (old !== submitted) carry(old, $(`form[data-form="${old.dataset.form}"]`, event.detail.fragment));
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const status = event.detail.xhr && event.detail.xhr.status;
    if (event.detail.elt.matches?.("[data-proposal]")) return; // it keeps the focus itself
    if (event.target.id === "documents") return; // what was refused there is nothing of the order's own forms
    if (status === 409) ($(".clash button") || $("#status-save"))?.focus();
    else if (status === 422) $('[aria-invalid="true"]')?.focus();
  });
})();
