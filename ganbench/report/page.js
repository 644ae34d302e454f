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

  // Blind vote: two pictures without names; keys while the fold is open and in sight.
  const booth = one(".booth");
  if (booth) {
    const { ballot, suite, questions, heads, parts, pictures, photographs } = JSON.parse(booth.getAttribute("data-booth"));
    const place = "ganbench-vote-" + ballot;
    const stage = one(".ballot", booth), outcome = one(".outcome", booth), of = one(".of", booth);
    const [left, right] = all("img", stage);
    const does = (name) => one("[data-does=" + name + "]", booth);
    const fresh = () => [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    let voter = fresh(), votes = [], early = false;
    try {
      const kept = JSON.parse(localStorage.getItem(place));
      if (/^[0-9a-f]{8}$/.test(kept.voter) && kept.votes.length <= questions.length && kept.votes.every((vote) => [0, 1, 2].includes(vote))) ({ voter, votes } = kept);
    } catch { /* nothing is kept, or the browser keeps nothing for files */ }
    const keep = () => {
      try {
        localStorage.setItem(place, JSON.stringify({ voter, votes }));
      } catch { /* the votes last as long as the page is open */ }
    };
    const file = () => JSON.stringify({
      format: 1, ballot, suite, voter,
      votes: votes.map((vote, k) => ({
        question: k + 1, left: questions[k].names[0], right: questions[k].names[1],
        better: ["neither", "left", "right"][vote],
      })),
    }, null, 1) + "\n";
    // The same rules as in analysis/votes.py: exact binomial test, Holm over the pairs, Wilson's interval.
    const chance = (wins, decided) => {
      let ways = 1, tail = 0;
      for (let k = decided; k >= Math.max(wins, decided - wins); k--) {
        tail += ways;
        ways *= k / (decided - k + 1);
      }
      return Math.min(1, 2 * tail / 2 ** decided);
    };
    const percent = (share) => Math.round(100 * share);
    const rate = (wins, decided) => {
      const z = 1.959963984540054, p = wins / decided, wide = 1 + z * z / decided;
      const middle = (p + z * z / (2 * decided)) / wide;
      const half = z / wide * Math.sqrt(p * (1 - p) / decided + z * z / (4 * decided * decided));
      return percent(p) + " % (" + Math.abs(percent(middle - half)) + " to " + percent(middle + half) + " %)";
    };
    const tell = () => {
      const counts = parts.map(() => [0, 0, 0]); // of each pair: cannot tell, the first, the second
      votes.forEach((vote, k) => counts[questions[k].pair][vote && questions[k].swapped ? 3 - vote : vote]++);
      const asked = counts.map(([, wins, losses], pair) => [wins + losses ? chance(wins, wins + losses) : 2, pair])
        .filter(([p]) => p <= 1).sort(([p], [q]) => p - q);
      const stop = asked.findIndex(([p], rank) => p > 0.05 / (asked.length - rank));
      const apart = asked.slice(0, stop < 0 ? asked.length : stop).map(([, pair]) => pair);
      const said = counts.map(([, wins, losses], pair) => parts[pair][!apart.includes(pair) ? "neither" : wins > losses ? "first" : "second"]);
      said.sort(([one], [other]) => (one === "open") - (other === "open"));
      const kinds = said.map(([kind]) => kind);
      const agree = kinds.includes("agree") ? (kinds.includes("open") ? "agree open" : "agree") : "open";
      one(".finding", outcome).textContent = heads[kinds.includes("disagree") ? "disagree" : agree] + ": " + said.map(([, text]) => text).join("; ") + ".";
      all("tbody tr", outcome).forEach((row, pair) => {
        const [ties, wins, losses] = counts[pair];
        const alone = asked.some(([p, place]) => place === pair && p <= 0.05);
        const told = apart.includes(pair) ? "told apart" : "cannot be told apart" + (alone ? " among " + asked.length + " pairs" : "");
        [wins, losses, ties, wins + losses ? rate(wins, wins + losses) : "–", told].forEach((text, k) => (row.cells[k + 1].textContent = text));
        row.cells[5].style.fontWeight = apart.includes(pair) ? 700 : "";
      });
    };
    const show = () => {
      const ended = votes.length === questions.length, reveal = ended || early;
      const lost = reveal ? stage.contains(document.activeElement) : outcome === document.activeElement;
      stage.hidden = reveal;
      outcome.hidden = !reveal;
      does("undo").disabled = does("download").disabled = does("again").disabled = !votes.length;
      does("show").hidden = ended;
      does("show").disabled = !votes.length;
      does("show").textContent = early ? "back to the pairs" : "show the result";
      one(".progress", booth).textContent = reveal ? votes.length + " of " + questions.length + " pairs voted on." : "Pair " + (votes.length + 1) + " of " + questions.length + ".";
      if (reveal) tell();
      else {
        const asked = questions[votes.length], photograph = photographs[asked.photograph];
        left.src = pictures[asked.left];
        right.src = pictures[asked.right];
        if (of) of.replaceChildren(...(photograph ? [Object.assign(new Image(), { src: photograph, alt: "the photograph" }), "of this photograph"] : []));
      }
      if (lost) (reveal ? outcome : one("button", stage)).focus();
    };
    const set = (changed, look = false) => {
      votes = changed;
      early = look && votes.length > 0;
      keep();
      show();
    };
    const undo = () => set(votes.slice(0, -1));
    all("[data-choice]", stage).forEach((button) => button.addEventListener("click", () => set([...votes, Number(button.getAttribute("data-choice"))])));
    does("undo").addEventListener("click", undo);
    does("show").addEventListener("click", () => set(votes, !early));
    does("again").addEventListener("click", () => { voter = fresh(); set([]); });
    does("download").addEventListener("click", () => {
      const link = Object.assign(document.createElement("a"), { download: "votes.json", href: URL.createObjectURL(new Blob([file()], { type: "application/json" })) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
    addEventListener("keydown", (event) => {
      const seen = stage.getBoundingClientRect(), at = event.target.closest?.("input, select, textarea, button, a, summary");
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || (at && !booth.contains(at))) return;
      if (!booth.open || stage.hidden || seen.bottom < 0 || seen.top > innerHeight || !/^[012]$/.test(event.key)) return;
      set([...votes, Number(event.key)]);
    });
    show();
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
