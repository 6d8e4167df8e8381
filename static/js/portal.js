// What HTML and htmx leave to a script. Without it every page still works: links, forms and popovers need none of this.
"use strict";

const announcer = () => document.getElementById("announcer");

// Live region: data-announce on swapped content is read out, once per text.
function announce(text) {
  if (text && announcer().textContent !== text) announcer().textContent = text;
}

// Times: <time datetime data-local> is shown in the viewer's zone and names it, UTC stays in the tooltip. A line may end
// between day and hour alone.
function localize(root) {
  const format = (options) => new Intl.DateTimeFormat(document.documentElement.lang, options);
  const parts = [format({ dateStyle: "medium" }), format({ hour: "numeric", minute: "2-digit", timeZoneName: "short" })];
  for (const time of root.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    time.title = time.textContent.trim();
    time.textContent = parts.map((part) => part.format(at).replaceAll(" ", "\u00a0")).join(" ");
    delete time.dataset.local;
  }
}

// data-when="name=value other|more=value" shows its element only while a control of its form has one of the values.
function showBranches(form) {
  const answers = new FormData(form);
  const holds = (condition) => {
    const [name, values] = condition.split("=");
    return values.split(" ").some((value) => answers.getAll(name).includes(value));
  };
  for (const branch of form.querySelectorAll("[data-when]")) branch.hidden = !branch.dataset.when.split("|").some(holds);
}

// The server computes times in the viewer's zone where a page needs more than one of them; it knows the zone from here.
function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  if (zone) document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

// data-grid: a table of links is one stop of the Tab key, and arrow keys, Home and End go from link to link in it.
const directions = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function stopAt(grid, stop) {
  for (const link of grid.querySelectorAll("a")) link.tabIndex = link === stop ? 0 : -1;
}

function openGrids(root) {
  for (const grid of root.querySelectorAll("[data-grid]")) {
    grid.setAttribute("role", "grid");
    stopAt(grid, grid.contains(document.activeElement) ? document.activeElement : grid.querySelector("a"));
  }
}

function linkTowards(cell, key) {
  const line = [...cell.parentElement.querySelectorAll("a")];
  if (key === "Home") return line[0];
  if (key === "End") return line.at(-1);
  const [down, right] = directions[key];
  const { rows } = cell.closest("tbody");
  let [row, column] = [cell.parentElement.sectionRowIndex, cell.cellIndex];
  let link;
  do link = rows[row += down]?.cells[column += right]?.querySelector("a");
  while (link === null);
  return link;
}

function moveInGrid(event) {
  const cell = event.target.closest("[data-grid] tbody :is(th, td)");
  if (!cell || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (!(event.key in directions) && event.key !== "Home" && event.key !== "End") return;
  event.preventDefault();
  linkTowards(cell, event.key)?.focus();
}

document.addEventListener("keydown", moveInGrid);
document.addEventListener("focusin", (event) => {
  const grid = event.target.closest("[data-grid]");
  if (grid) stopAt(grid, event.target);
});

function prepare(root) {
  localize(root);
  openGrids(root);
  for (const form of root.querySelectorAll("form")) showBranches(form);
  if (root.closest && root.closest("form")) showBranches(root.closest("form"));
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    announce(document.body.dataset.copied);
    button.classList.add("is-done");
    setTimeout(() => button.classList.remove("is-done"), 2000);
  } catch {
    getSelection().selectAllChildren(source);
    announce(document.body.dataset.notCopied);
  }
}

function openDialog(event, opener) {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog) return;
  event.preventDefault();
  dialog.showModal();
}

// data-fill: a button of a list puts its value into a field; without a script it is sent with the form instead.
function fill(event, button) {
  event.preventDefault();
  const field = document.getElementById(button.dataset.fill);
  field.value = button.value;
  for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  field.focus();
}

document.addEventListener("click", (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest("[data-flash]").remove();
  const opener = event.target.closest("[data-dialog]");
  if (opener) openDialog(event, opener);
  const filler = event.target.closest("[data-fill]");
  if (filler) fill(event, filler);
  // Whoever leaves by the dialog that asks was asked.
  if (event.target.closest("dialog a, dialog form")) changed.clear();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog").close();
});

// The help panel: an Info link fills and opens it, the focus goes in with it and back to the link when it closes. It
// stays open from page to page where there is room for it beside them.
const isBeside = matchMedia("(width >= 85rem)");
const infoLinks = () => [...document.querySelectorAll(".info-link")];

function openHelp(panel, isAsked) {
  panel.showPopover();
  sessionStorage.setItem("help", panel.dataset.topic);
  if (isAsked) panel.querySelector("button").focus();
}

function reopenHelp() {
  const topic = sessionStorage.getItem("help");
  const link = infoLinks().find((each) => each.getAttribute("href") === topic) || infoLinks()[0];
  if (topic && link && isBeside.matches) htmx.ajax("GET", link.getAttribute("href"), { target: "#help", swap: "outerHTML" });
}

document.addEventListener("toggle", (event) => {
  const panel = event.target;
  if (!panel.matches(".help") || event.newState !== "closed") return;
  sessionStorage.removeItem("help");
  if (!panel.contains(document.activeElement) && document.activeElement !== document.body) return;
  infoLinks().find((each) => each.getAttribute("href") === panel.dataset.topic)?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.target.closest(".help")?.hidePopover();
  // Enter in a search box searches; it does not send the form around it.
  if (event.key === "Enter" && event.target.dataset.enter) {
    event.preventDefault();
    document.getElementById(event.target.dataset.enter).click();
  }
});

// Unsaved changes: a form with data-guard asks before it is left.
const changed = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form) return;
  if ("guard" in form.dataset) changed.add(form);
  showBranches(form);
});

addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

// Double submit: buttons rest while a plain post is on its way.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  changed.delete(event.target);
  const button = event.submitter;
  setTimeout(() => {
    for (const each of event.target.querySelectorAll("button")) each.disabled = true;
    if (button) button.classList.add("is-busy");
  });
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const busy of document.querySelectorAll("form button:disabled")) busy.disabled = false;
  for (const busy of document.querySelectorAll(".is-busy")) busy.classList.remove("is-busy");
});

// A region says that it is being fetched anew for as long as it is, wherever the answer goes in the end.
const regionOf = (event) => event.detail.requestConfig.target;
document.addEventListener("htmx:beforeRequest", (event) => regionOf(event).setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => regionOf(event).removeAttribute("aria-busy"));

// What someone fills into a region while it is being fetched is not in the answer, which is asked for anew with it.
const filledIn = (region) => [...region.querySelectorAll("input, select")].map((each) => [each.value, each.checked]).join();
const asked = new WeakMap();
document.addEventListener("htmx:beforeRequest", (event) => asked.set(event.detail.xhr, filledIn(regionOf(event))));
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, requestConfig, shouldSwap } = event.detail;
  if (!shouldSwap || target !== requestConfig.target || asked.get(xhr) === filledIn(target)) return;
  event.detail.shouldSwap = false;
  htmx.ajax(requestConfig.verb, requestConfig.path, { source: requestConfig.elt });
});

// A region that fetches itself anew stays as its reader left it: unfolded, scrolled and with the focus where it was.
const stopsOf = (region) => [...region.querySelectorAll("a[href], button, summary")];
const boxesOf = (region) => [...region.querySelectorAll(".table-box")];
const left = new Map();

function leave(region) {
  const unfolded = [...region.querySelectorAll("details")].map((each) => each.open);
  const scrolled = boxesOf(region).map((each) => each.scrollLeft);
  left.set(region.id, { unfolded, scrolled, stop: stopsOf(region).indexOf(document.activeElement) });
}

function comeBack(region) {
  const was = left.get(region.id);
  if (!was) return;
  left.delete(region.id);
  region.querySelectorAll("details").forEach((each, index) => { each.open = each.open || Boolean(was.unfolded[index]); });
  boxesOf(region).forEach((each, index) => { each.scrollLeft = was.scrolled[index] || 0; });
  if (document.activeElement === document.body) stopsOf(region)[was.stop]?.focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (regionOf(event).matches("[hx-trigger^='every']")) leave(regionOf(event));
});

// After a swap: times, branches, focus to [data-focus], and what happened into the live region.
document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.detail.elt;
  prepare(root);
  comeBack(root);
  if (root.matches(".help")) openHelp(root, event.detail.requestConfig.elt.matches(".info-link"));
  const target = root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
  if (target) target.focus();
  const told = root.matches("[data-announce]") ? root : root.querySelector("[data-announce]");
  if (told) announce(told.dataset.announce);
});

for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failure, () => announce(document.body.dataset.offline));
}

tellZone();
prepare(document);
reopenHelp();
