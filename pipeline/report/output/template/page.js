"use strict";
(() => {
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const order = (one, other) => {
    const [a, b] = [Number(one), Number(other)];
    const numbers = one !== "" && other !== "" && !Number.isNaN(a) && !Number.isNaN(b);
    return numbers ? a - b : one.localeCompare(other);
  };
  for (const button of document.querySelectorAll("th[aria-sort] button")) {
    button.addEventListener("click", () => {
      const header = button.closest("th");
      const heads = [...header.parentElement.cells];
      const body = header.closest("table").tBodies[0];
      const first = header.classList.contains("number") ? "descending" : "ascending";
      const last = first === "ascending" ? "descending" : "ascending";
      const now = header.getAttribute("aria-sort") === first ? last : first;
      for (const head of heads) if (head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
      header.setAttribute("aria-sort", now);
      const column = heads.indexOf(header);
      const sign = now === "ascending" ? 1 : -1;
      const known = [...body.rows].filter((row) => value(row, column) !== "");
      const unknown = [...body.rows].filter((row) => value(row, column) === "");
      known.sort((one, other) => sign * order(value(one, column), value(other, column)));
      body.append(...known, ...unknown);
    });
  }

  const viewer = document.getElementById("viewer");
  const canvas = viewer.querySelector(".canvas");
  let shown = null, home = null, opener = null, scale = 1, base = 0;
  const size = (factor) => {
    scale = Math.min(8, Math.max(0.25, factor));
    shown.parentElement.style.width = `${Math.round(base * scale)}px`;
  };
  const fitted = () => {
    const box = shown.viewBox.baseVal;
    const [across, down] = [canvas.clientWidth - 32, canvas.clientHeight - 32];
    base = Math.min(across, down * box.width / box.height);
    if (base < Math.min(700, across)) base = Math.min(900, across);
    size(1);
  };
  for (const figure of document.querySelectorAll("figure")) {
    const picture = figure.querySelector(".picture");
    const open = () => {
      [home, shown, opener] = [picture, picture.querySelector("svg"), figure.querySelector("button")];
      picture.style.minHeight = `${picture.offsetHeight}px`;
      const holder = document.createElement("div");
      holder.setAttribute("role", "img");
      holder.setAttribute("aria-label", picture.getAttribute("aria-label"));
      holder.append(shown);
      canvas.replaceChildren(holder);
      document.getElementById("viewer-title").textContent = picture.dataset.title;
      viewer.showModal();
      fitted();
      canvas.focus();
    };
    picture.addEventListener("click", open);
    figure.querySelector("button").addEventListener("click", open);
  }
  viewer.addEventListener("close", () => {
    home.append(shown);
    home.style.minHeight = "";
    canvas.replaceChildren();
    opener.focus();
  });
  const actions = {
    in: () => size(scale * 1.25), out: () => size(scale / 1.25), fit: fitted, close: () => viewer.close(),
  };
  for (const button of viewer.querySelectorAll("button")) {
    button.addEventListener("click", () => actions[button.dataset.do]());
  }
  viewer.addEventListener("keydown", (event) => {
    const action = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (action) { event.preventDefault(); actions[action](); }
  });
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });

  const theme = document.getElementById("theme");
  theme.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    theme.textContent = dark ? "Dark colours" : "Light colours";
  });
  if (matchMedia("(prefers-color-scheme: dark)").matches) theme.textContent = "Light colours";

  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const headings = [...document.querySelectorAll("main [id]")].filter((heading) => links.has(heading.id));
  const mark = () => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const here = (passed.at(-1) ?? headings[0]).id;
    for (const [id, link] of links) {
      if (id === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
})();
