// What makes the page handier. All of it can be read without.
"use strict";

(() => {
  const keys = document.getElementById("keys");
  const areOn = document.getElementById("keys-on");
  const button = document.getElementById("all-files");
  const files = Array.from(document.querySelectorAll("details.file"));
  const entries = Array.from(document.querySelectorAll(".entry"));

  function reveal(element) {
    for (let each = element; each; each = each.parentElement) {
      if (each instanceof HTMLDetailsElement) {
        each.open = true;
      }
    }
  }

  function go(element) {
    reveal(element);
    element.scrollIntoView({ block: "nearest" });
    element.focus({ preventScroll: true });
  }

  function toggle() {
    const open = files.some((each) => !each.open);
    files.forEach((each) => (each.open = open));
  }

  // Entries that are closed away are gone to as well: going there opens their file.
  let last = null;
  function step(by) {
    const current = document.activeElement.closest(".entry") ?? last;
    const next = entries[entries.indexOf(current) + by] ?? current ?? entries[0];
    if (next) {
      go((last = next));
    }
  }

  const actions = {
    j: () => step(1),
    k: () => step(-1),
    o: toggle,
    r: () => document.getElementById("order").scrollIntoView(),
  };

  document.addEventListener("keydown", (event) => {
    const isChord = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (areOn.checked && !isChord && Object.hasOwn(actions, event.key)) {
      event.preventDefault();
      actions[event.key]();
    }
  });

  function follow() {
    reveal(document.getElementById(location.hash.slice(1)));
  }

  // Where a browser prints only what is disclosed, all is disclosed for as long as it prints.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach((each) => (each.open = true));
  });
  addEventListener("afterprint", () => {
    opened.forEach((each) => (each.open = false));
    opened = [];
  });

  addEventListener("hashchange", follow);
  button.addEventListener("click", toggle);
  follow();
  keys.hidden = false;
})();
