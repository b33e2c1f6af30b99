// An order beside the list: a click on a row opens it there, the address says so, and Escape closes it. Where there is
// no room for two, and with every modifier of a click, the link leads to the order's own page.
(() => {
  "use strict";

  const NARROW = matchMedia("(max-width: 760px)");
  const ELSEWHERE = "dialog[open], :popover-open, details[open]:is(.filters, .who, .reject)";
  const $ = (selector, inside = document) => inside.querySelector(selector);
  const panel = () => $("#beside");
  const place = () => $("#beside-order");
  const rowOf = (number) => document.getElementById(`row-${number}`);
  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true }));

  function addressWith(number) {
    const address = new URL(location.href);
    if (number) address.searchParams.set("order", number);
    else address.searchParams.delete("order");
    return address.pathname + address.search;
  }
  // What the panel lies over can't be reached by Tab either.
  const LIES_OVER = matchMedia("(min-width: 761px) and (max-width: 1100px)");
  function cover() {
    const list = $("#list");
    if (!list || !panel()) return;
    list.inert = LIES_OVER.matches && !panel().hidden;
    document.documentElement.style.setProperty("--header", `${$(".top").offsetHeight}px`);
  }
  LIES_OVER.addEventListener("change", cover);

  function mark(number) {
    for (const row of document.querySelectorAll("#rows .row-link")) {
      if (row.id === `row-${number}`) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  // What was typed or chosen beside the fields, and not sent, waits here for its order to be opened again.
  const drafts = new Map();
  const { defaultOf, isTyped, read, setValue, valueOf } = typing;
  const beside = () => [...place().querySelectorAll("form[data-form]:not(.inplace) :is(textarea, input, select)")];
  function keep(order, kept) {
    if (kept.length) drafts.set(order, kept);
    else drafts.delete(order);
  }
  function putAside() {
    keep(panel().dataset.order, beside().filter((field) => field.id && isTyped(field)).map((field) => [field.id, valueOf(field)]));
  }
  function put(field, value) {
    setValue(field, value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function takeOut() {
    for (const [id, value] of drafts.get(panel().dataset.order) || []) {
      const field = $(`#${id}`, place());
      if (!field) continue;
      put(field, value);
      field.closest("details")?.setAttribute("open", "");
    }
    drafts.delete(panel().dataset.order);
  }
  // What was sent is no draft any more, whichever order is open once its answer comes, nor where it was put back.
  function forget(order, sent) {
    const isSent = ([id, value]) => sent.some(([sentId, sentValue]) => sentId === id && sentValue === value);
    keep(order, (drafts.get(order) || []).filter((draft) => !isSent(draft)));
    if (panel().dataset.order !== order) return;
    for (const field of beside().filter((shown) => isTyped(shown) && isSent([shown.id, valueOf(shown)]))) put(field, defaultOf(field));
  }
  document.body.addEventListener("order-sent", ({ detail }) => panel() && forget(detail.order.replace("G", ""), detail.sent));
  document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
    if (!elt.matches("form[data-form]") || !panel()?.contains(elt)) return;
    const { order } = panel().dataset;
    const sent = read(elt);
    xhr.addEventListener("load", () => xhr.status < 300 && forget(order, sent));
  });
  window.addEventListener("beforeunload", (event) => { if (drafts.size) event.preventDefault(); });
  // A field in use is saved first. What could not be sent keeps its order open.
  function saveInUse() {
    if (panel().contains(document.activeElement)) document.activeElement.blur();
  }
  function leave() {
    saveInUse();
    if (!tell("order-leaves")) return false;
    putAside();
    return true;
  }

  function open(link) {
    const number = link.id.replace("row-", "");
    if (number === panel().dataset.order) return $("#order-title").focus();
    if (!leave()) return;
    mark(number);
    htmx.ajax("GET", link.getAttribute("href"), { source: panel(), target: place(), swap: "innerHTML", push: addressWith(number) });
  }
  function opened() {
    const page = $("#order-title", place());
    panel().dataset.order = page.textContent.replace("G", "");
    const { order } = panel().dataset;
    panel().hidden = false;
    $("#beside-page").hidden = false;
    $("#beside-page").href = $("#fields-form", place()).getAttribute("action");
    mark(order);
    cover();
    takeOut();
    panel().scrollTop = 0;
    page.focus({ preventScroll: true });
    rowOf(order)?.closest("tr").scrollIntoView({ block: "nearest" });
  }
  function close({ stays = false } = {}) {
    if (!leave()) return;
    const { order } = panel().dataset;
    history.replaceState({ htmx: true }, "");
    history.pushState({ htmx: true }, "", addressWith(""));
    panel().hidden = true;
    panel().dataset.order = "";
    place().replaceChildren();
    mark("");
    cover();
    if (!stays) giveBack(order);
  }
  function giveBack(order) {
    (rowOf(order) || $("#rows .row-link") || $("#content")).focus();
  }

  document.addEventListener("click", (event) => {
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!panel() || modified) return;
    const link = event.target.closest("#rows .row-link");
    if (link && !NARROW.matches) {
      event.preventDefault();
      open(link);
    } else if (event.target.closest("#beside-close")) {
      event.preventDefault();
      close();
    } else if ($("#list")?.inert && event.target.matches(".split, #content")) close(); // a click beside it
  });
  document.addEventListener("input", ({ target }) => { if (target.id === "search" && $("#list")?.inert) close({ stays: true }); });
  let elsewhere = false; // Escape closes what lies on top, and only that
  window.addEventListener("keydown", () => { elsewhere = Boolean($(ELSEWHERE)); }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || elsewhere || !panel() || panel().hidden) return;
    const field = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (!field || panel().contains(field)) close();
  });

  // The list is asked for anew with the order beside it in its address, so that the address it gets says both.
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, target, parameters } = event.detail;
    if (verb === "get" && target?.id === "list" && panel()?.dataset.order) parameters.order = panel().dataset.order;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!panel()) return;
    if (event.target.id === "beside-order") opened();
    else mark(panel().dataset.order);
    cover();
  });
  // What was changed here is shown in its row, and counted in the figures.
  const isChange = (elt) => panel()?.contains(elt) && !elt.closest("#mail, #documents");
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, requestConfig } = event.detail;
    if (elt === panel() && !successful) mark(panel().dataset.order);
    else if (successful && requestConfig.verb !== "get" && isChange(elt)) tell("order-changed");
  });

  // Back and forward: the server shows the list and the panel as the address says.
  let before = panel()?.dataset.order;
  window.addEventListener("popstate", () => { before = panel()?.dataset.order; }, true);
  document.addEventListener("htmx:historyCacheMissLoad", () => { // what is shown goes now, whatever it holds
    if (!panel()) return;
    saveInUse();
    putAside();
  });
  document.addEventListener("htmx:historyRestore", () => {
    if (!panel()) return;
    takeOut();
    const search = $("#search");
    if (search) search.value = new URLSearchParams(location.search).get("q") || "";
    mark(panel().dataset.order);
    cover();
    if (!panel().hidden) $("#order-title")?.focus({ preventScroll: true });
    else if (before) giveBack(before);
  });
  if (panel()) mark(panel().dataset.order);
  cover();
})();
