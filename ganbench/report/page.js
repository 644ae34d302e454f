"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("live");
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);

  // Tables: a click on a head sorts the models; the fixed lines are bodies of their own.
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell ? cell.getAttribute("data-sort") : null;
    return text === null || text === "" ? null : column === 0 ? text : Number(text);
  };
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  const sort = (table, column, up) => {
    const body = one("tbody.models", table);
    const rows = [...body.rows].map((row) => [key(row, column), row]);
    rows.sort(([a], [b]) => (a === null) - (b === null) || (a === null ? 0 : (up ? 1 : -1) * compare(a, b)));
    rows.forEach(([, row]) => body.append(row)); // a missing value stays last either way
  };
  all("table.sortable").forEach((table) => {
    const heads = all("th[aria-sort]", table);
    heads.forEach((head) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...one(".h", head).childNodes);
      one(".h", head).replaceWith(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(table, head.cellIndex, up);
      });
    });
  });

  // Columns: what does not fit makes way, the least important first, until it is asked for.
  const PRINTED = 12; // columns with numbers that a sheet has room for
  const folding = all("table.sortable").map((table) => {
    const box = table.parentNode;
    const heads = all("th[data-rank]", table);
    const groups = all("th[scope=colgroup]", table);
    let end = 0;
    const spans = groups.map((group) => [end, (end += group.colSpan)]);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "columns";
    button.setAttribute("aria-controls", table.id);
    box.before(button);
    const order = heads.map((head, place) => [Number(head.getAttribute("data-rank")), place])
      .sort(([a, i], [b, j]) => b - a || j - i).map(([, place]) => place);
    const hide = (hidden, name) => {
      heads.forEach((head, place) => all("tr:not(.groups)", table).forEach((row) => {
        row.cells[head.cellIndex].classList.toggle(name, hidden.includes(place));
      }));
      groups.forEach((group, place) => {
        const [from, to] = spans[place];
        const left = to - from - hidden.filter((column) => column >= from && column < to).length;
        group.colSpan = Math.max(1, left);
        group.classList.toggle(name, left === 0);
      });
    };
    let asked = false;
    const fit = () => {
      hide([], "folded");
      let hidden = [];
      while (!asked && box.scrollWidth > box.clientWidth && hidden.length < order.length - 1) {
        hidden = order.slice(0, hidden.length + 1);
        hide(hidden, "folded");
      }
      button.hidden = !asked && !hidden.length;
      button.textContent = asked ? "fewer columns" : hidden.length === 1 ? "1 more column" : hidden.length + " more columns";
      button.setAttribute("aria-expanded", String(asked));
    };
    button.addEventListener("click", () => { asked = !asked; settle(); });
    return { box, fit, print: () => { hide([], "folded"); hide(order.slice(0, Math.max(0, order.length - PRINTED)), "unprinted"); } };
  });
  const settle = () => {
    folding.forEach(({ fit }) => fit());
    all(".scroll").forEach((box) => box.classList.toggle("wide", box.scrollWidth > box.clientWidth));
  };
  let broad = 0; // heights change with what is folded, and need no new fit
  new ResizeObserver(() => {
    if (root.clientWidth === broad) return;
    broad = root.clientWidth;
    settle();
  }).observe(root);
  document.addEventListener("toggle", settle, true);
  settle();

  // Why: a number's sheet opens on click without any script; with one also for who comes by keyboard.
  all("button.why").forEach((button) => {
    const sheet = document.getElementById(button.getAttribute("popovertarget"));
    if (!sheet.showPopover) return;
    button.setAttribute("aria-expanded", "false");
    sheet.tabIndex = -1;
    sheet.addEventListener("toggle", (event) => {
      button.setAttribute("aria-expanded", String(event.newState === "open"));
      sheet.tabIndex = sheet.scrollHeight > sheet.clientHeight ? 0 : -1; // who cannot drag must reach the rest
    });
    button.addEventListener("focus", () => { if (button.matches(":focus-visible") && !sheet.matches(":popover-open")) sheet.showPopover(); });
    const leave = (event) => { if (event.relatedTarget !== button && !sheet.contains(event.relatedTarget)) sheet.hidePopover(); };
    [button, sheet].forEach((part) => part.addEventListener("focusout", leave));
  });

  // State: #model=cyclegan-resnet&t=8, so that a link shows what its sender saw.
  const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const remember = (name, value) => {
    state.set(name, value);
    history.replaceState(null, "", "#" + state);
  };

  // Before and after: the pictures are those of the wall, so none is in the file twice.
  const model = one("#model"), photograph = one("#photograph"), wipe = one("#wipe");
  if (model) {
    const lines = all(".wall .line", one(".wall").parentNode).map((line) => all("img", line));
    const stage = one(".stage");
    const show = () => {
      const index = Number(photograph.value);
      const line = Number(model.selectedOptions[0].getAttribute("data-line"));
      one("#before").src = lines[0][index].src;
      one("#after").src = lines[line][index].src;
      one("#after").alt = "after: " + model.value;
      one("#after-name").textContent = model.value;
    };
    const cut = () => stage.style.setProperty("--cut", wipe.value + "%");
    const wanted = all("option", model).findIndex((option) => option.value === state.get("model"));
    if (wanted >= 0) model.selectedIndex = wanted;
    if (lines[0][Number(state.get("photo"))]) photograph.value = state.get("photo") || "0";
    model.addEventListener("change", () => { show(); remember("model", model.value); });
    photograph.addEventListener("change", () => { show(); remember("photo", photograph.value); });
    wipe.addEventListener("input", cut);
    show();
    cut();
  }

  // Film: one slider for all models; a model that ended early stays on its last frame.
  const time = one("#time");
  if (time) {
    const films = all(".film").map((film) => ({
      film, image: one(".screen img", film), where: one(".where", film),
      stops: JSON.parse(film.getAttribute("data-stops")), end: film.getAttribute("data-end"),
    }));
    const axis = films.reduce((long, { stops }) => (stops.length > long.length ? stops : long), []);
    time.max = axis.length - 1;
    const draw = () => {
      const progress = axis[Number(time.value)][0];
      films.forEach(({ image, where, stops, end }) => {
        const past = stops.filter((stop) => stop[0] <= progress + 1e-3).length;
        const frame = Math.max(0, past - 1);
        image.style.objectPosition = (stops.length > 1 ? (100 * frame) / (stops.length - 1) : 0) + "% 0";
        const over = end && progress > stops[stops.length - 1][0] + 1e-3;
        where.textContent = over ? end : stops[frame][1].toLocaleString("en") + " paintings shown";
      });
      one("#moment").textContent = Math.round(100 * progress) + " %";
      time.setAttribute("aria-valuetext", Math.round(100 * progress) + " percent of the budget");
    };
    const start = state.has("t") ? Number(state.get("t")) : axis.length - 1;
    time.value = Number.isFinite(start) ? start : axis.length - 1;
    time.addEventListener("input", draw);
    time.addEventListener("change", () => remember("t", time.value));
    const play = one("#play");
    let timer = null;
    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "play";
      play.setAttribute("aria-pressed", "false");
    };
    const advance = () => {
      if (Number(time.value) >= axis.length - 1) return stop();
      time.value = Number(time.value) + 1;
      draw();
    };
    play.addEventListener("click", () => {
      if (timer) return stop();
      if (Number(time.value) >= axis.length - 1) time.value = 0;
      draw();
      play.textContent = "pause";
      play.setAttribute("aria-pressed", "true");
      timer = setInterval(advance, matchMedia("(prefers-reduced-motion: reduce)").matches ? 1200 : 220);
    });
    draw();
  }

  // Copy: the clipboard where the browser lets us, or else the text is selected.
  all("button.copy").forEach((button) => {
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.getAttribute("data-copy"));
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "selected";
      }
      setTimeout(() => (button.textContent = "copy"), 1500);
    });
  });

  // Print: what is folded on the screen is open on paper.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    folded.forEach((part) => (part.open = true));
    folding.forEach(({ print }) => print());
  });
  addEventListener("afterprint", () => {
    folded.forEach((part) => (part.open = false));
    settle();
  });
})();
