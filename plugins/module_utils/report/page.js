/* Copyright (c) 2026, the kurl.ipv6 authors. SPDX-License-Identifier: Apache-2.0 */
"use strict";
(function () {
  const find = (id) => document.getElementById(id);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const form = find("filter");
  const words = find("words");
  const host = find("host");
  const units = all("[data-s]");
  const places = all("[data-place]");
  const names = all("option", host).slice(1).map((option) => option.textContent.toLowerCase());
  const texts = new WeakMap();

  // "0-39,45" -> whether one of the wanted numbers is in it
  function covers(element, wanted) {
    return element.dataset.h.split(",").some((part) => {
      const [first, last] = part.split("-").map(Number);
      return wanted.some((number) => number >= first && number <= (last === undefined ? first : last));
    });
  }

  function says(element, query) {
    if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
    return texts.get(element).includes(query);
  }

  // What the filter opened it closes again; what the reader opened stays open.
  function open(details, wanted) {
    if (wanted && !details.open) {
      details.open = true;
      details.dataset.opened = "";
    } else if (!wanted && "opened" in details.dataset) {
      details.open = false;
      delete details.dataset.opened;
    }
  }

  function apply() {
    const query = words.value.trim().toLowerCase();
    const chosen = host.value === "" ? null : [Number(host.value)];
    const named = query ? names.flatMap((name, number) => (name.includes(query) ? [number] : [])) : [];
    const statuses = new Set(all("input[name=status]:checked", form).map((box) => box.value));
    const matches = (element) => (!chosen || covers(element, chosen)) &&
      (!query || says(element, query) || (named.length > 0 && covers(element, named)));
    let shown = 0;
    for (const unit of units) {
      const visible = statuses.has(unit.dataset.s) && matches(unit);
      unit.hidden = !visible;
      shown += visible;
      if (!visible) continue;
      for (const part of all("[data-h]", unit)) part.hidden = chosen !== null && !covers(part, chosen);
      for (const more of all("details.more", unit)) {
        const inside = all("[data-h]", more).some((part) => !part.hidden);
        more.hidden = !inside;
        open(more, chosen !== null && inside);
      }
    }
    for (const link of all("[data-for]")) link.hidden = find(link.dataset.for).hidden;
    for (const place of places) place.hidden = !matches(place);
    for (const group of all(".group")) {
      const rows = all("[data-s], [data-place]", group);
      const left = rows.filter((row) => !row.hidden).length;
      group.hidden = left === 0;
      find(group.dataset.count).textContent = left === rows.length ? left : left + " of " + rows.length;
      open(group, query !== "" && left > 0);
    }
    for (const section of all("section[data-filtered]")) {
      section.hidden = !all("[data-s], [data-place]", section).some((row) => !row.hidden);
    }
    find("shown").textContent = shown === units.length
      ? "All " + units.length + " checks are shown."
      : shown + " of " + units.length + " checks are shown.";
  }

  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 80);
  };
  form.addEventListener("input", soon);
  form.addEventListener("reset", () => setTimeout(apply, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply(); // Browsers fill forms in again after a reload.

  // Copying. Where the clipboard is out of reach the commands are selected.
  function copy(button, pre) {
    const done = () => {
      button.textContent = "Copied";
      find("said").textContent = "Copied";
      setTimeout(() => {
        button.textContent = "Copy";
        find("said").textContent = "";
      }, 2000);
    };
    const select = () => {
      const range = document.createRange();
      range.selectNodeContents(pre);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (document.execCommand("copy")) done();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(pre.textContent).then(done, select);
    else select();
  }
  for (const pre of all(".code pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy the commands: " + pre.dataset.of);
    button.addEventListener("click", () => copy(button, pre));
    pre.after(button);
  }

  // The drawing of the mesh says which way the pointer is at.
  const drawing = find("mesh-drawing");
  if (drawing) {
    const rows = drawing.dataset.rows.split(",");
    const share = Number(drawing.dataset.share);
    const order = JSON.parse(find("mesh-hosts").textContent);
    const meaning = { f: "blocked", w: "impaired", i: "noted", s: "not measured", p: "open", "-": "the host itself" };
    const name = (place) => {
      const last = Math.min((place + 1) * share, order.length) - 1;
      return share === 1 ? order[place] : order[place * share] + ".." + order[last];
    };
    const at = find("mesh-at");
    at.hidden = false;
    drawing.addEventListener("pointermove", (event) => {
      const box = drawing.getBoundingClientRect();
      const place = (part, size) => Math.min(rows.length - 1, Math.max(0, Math.floor(part / size * rows.length)));
      const column = place(event.clientX - box.left, box.width);
      const row = place(event.clientY - box.top, box.height);
      at.textContent = name(row) + " → " + name(column) + ": " + meaning[rows[row][column]];
    });
  }

  // On paper nothing can be opened.
  addEventListener("beforeprint", () => {
    for (const details of all("#problems details, #hosts")) open(details, true);
  });
  addEventListener("afterprint", () => {
    for (const details of all("details[data-opened]")) open(details, false);
  });
})();
