// Renews the parts of a page that may change while it is open, and says so.
// Everything also works without this file: each change is a plain form.
"use strict";
(() => {
  const live = document.getElementById("live");
  const say = (text) => { if (live) live.textContent = text; };
  let busy = false, again = false;

  // A part in which somebody chooses at this moment is left alone until the next time.
  const inUse = (part) =>
    part.contains(document.activeElement) &&
    document.activeElement.matches("input, select, textarea");

  const keepOpen = (before, after) => {
    const open = [...before.querySelectorAll("details")].map((one) => one.open);
    after.querySelectorAll("details").forEach((one, n) => { one.open = open[n] ?? one.open; });
  };

  const focusAgain = (part, place) => {
    const found = place >= 0 ? part.querySelectorAll("a, button, summary, [tabindex]")[place] : null;
    if (found) found.focus({ preventScroll: true });
  };

  const replace = (part, fresh) => {
    const reach = [...part.querySelectorAll("a, button, summary, [tabindex]")];
    const place = reach.indexOf(document.activeElement);
    keepOpen(part, fresh);
    part.replaceWith(document.importNode(fresh, true));
    focusAgain(document.getElementById(fresh.id), place);
  };

  const renew = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (!answer.ok) { say("This report has moved or is gone."); return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      let changed = 0;
      for (const part of document.querySelectorAll("[data-live]")) {
        const other = fresh.getElementById(part.id);
        if (other && other.innerHTML !== part.innerHTML && !inUse(part)) {
          replace(part, other);
          changed += 1;
        }
      }
      if (changed) say("Updated " + new Date().toLocaleTimeString() + ".");
    } catch {
      ended();
    } finally {
      busy = false;
      if (again) { again = false; renew(); }
    }
  };

  // A browser keeps six connections to one address: a page that nobody sees has none.
  const ended = () => say("This page has ended. `crashwatch view` opens it again.");
  let source = null, seen = document.documentElement.dataset.version;
  const listen = () => {
    if (source || document.hidden) return;
    source = new EventSource("/events");
    const told = (event) => {
      if (event.data !== seen) { seen = event.data; renew(); }
    };
    source.addEventListener("ready", (event) => {
      say("Live: changes appear by themselves.");
      told(event);
    });
    source.addEventListener("change", told);
    source.addEventListener("end", () => { hush(); ended(); });
    source.addEventListener("error", ended);
  };
  const hush = () => {
    if (source) source.close();
    source = null;
  };

  if (document.querySelector("[data-live]") && window.EventSource) {
    listen();
    document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
    addEventListener("pagehide", hush);
    addEventListener("pageshow", listen);
  }
})();
