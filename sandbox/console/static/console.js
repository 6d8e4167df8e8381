// Fetches the page again every few seconds and renews the parts that are marked live, except where the focus is.
"use strict";

const EVERY_MILLISECONDS = 3000;
const box = document.getElementById("refreshing");
box.parentElement.hidden = false;

async function renew() {
  if (document.hidden || !box.checked) return;
  const address = document.querySelector("main [data-live]") ? location.href : "/_sandbox/"; // for the clock alone
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const newer = page.getElementById(part.id);
    if (newer && !part.contains(document.activeElement)) part.replaceChildren(...newer.childNodes);
  }
}

setInterval(() => renew().catch(() => {}), EVERY_MILLISECONDS); // the sandbox may be away: the next time will do
