"use strict";

const PER_PAGE = 48;
const find = (id) => document.getElementById(id);

/** Make an element with properties, and others inside. */
function make(tag, properties = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
}

/** Build what a block of text holds; only now are its images decoded. */
function build(block) {
  const template = document.createElement("template");
  template.innerHTML = block.textContent;
  return template.content;
}

/** List the images, run by run, in the order of their numbers. */
function listImages(blocks) {
  let run = 0;
  const images = [];
  for (const block of blocks) {
    const data = block.dataset;
    if (block.className === "run") run += 1;
    else images.push({
      block, run, index: Number(data.index), name: data.name, status: data.status,
      warnings: Number(data.warnings), seconds: Number(data.seconds),
    });
  }
  images.sort((one, other) => one.run - other.run || one.index - other.index);
  images.forEach((image, at) => { image.number = at + 1; });
  return images;
}

const KINDS = {
  all: ["all images", () => true],
  failed: ["failed", (image) => image.status === "failed"],
  warned: ["with warnings", (image) => image.warnings > 0],
};

function showTotals(images) {
  const seconds = images.reduce((sum, image) => sum + image.seconds, 0);
  const count = (kind) => images.filter(KINDS[kind][1]).length;
  const total = (value, words, kind = "") =>
    make("li", { className: value && kind }, make("b", { textContent: value }), ` ${words}`);
  find("totals").append(
    total(images.length, images.length === 1 ? "image" : "images"),
    total(count("failed"), "failed", "error"),
    total(count("warned"), "with warnings", "warning"),
    total(`${Number(seconds.toPrecision(3))} s`, "of work"),
  );
}

/** The words below a name in the overview. */
function stateOf(image) {
  if (image.status === "failed") return ["failed", "error"];
  if (image.warnings) return [image.warnings === 1 ? "1 warning" : `${image.warnings} warnings`, "warning"];
  return [image.status === "skipped" ? "skipped" : `${Number(image.seconds.toPrecision(2))} s`, ""];
}

function thumbnail(image) {
  const pictures = build(image.block).querySelectorAll(".compare img");
  const box = make("span", { className: "thumb" }, ...pictures);
  box.style.setProperty("--at", "50%");
  if (!pictures.length) {
    box.classList.add("empty");
    box.textContent = "no picture";
  }
  for (const picture of pictures) picture.alt = "";
  const [words, kind] = stateOf(image);
  const link = make("a", { href: `#${image.number}`, title: image.name }, box,
    make("span", { className: "name", textContent: image.name.split(/[\\/]/).pop() }),
    make("span", { className: `state ${kind}`, textContent: words }));
  link.addEventListener("pointermove", (event) => {
    const frame = box.getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientX - frame.left) / frame.width));
    box.style.setProperty("--at", `${100 * at}%`);
  });
  link.addEventListener("pointerleave", () => box.style.setProperty("--at", "50%"));
  return make("li", {}, link);
}

/** Let the border between before and after follow the slider. */
function connect(compare, tools) {
  const slider = compare.querySelector("input");
  const tell = () => {
    compare.style.setProperty("--at", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${slider.value} % before, ${100 - slider.value} % after`);
  };
  slider.addEventListener("input", tell);
  tell();
  const width = Number(getComputedStyle(compare).getPropertyValue("--columns"));
  new ResizeObserver(() => {
    compare.classList.toggle("enlarged", compare.clientWidth > 1.5 * width);
  }).observe(compare);
  const difference = make("button", { type: "button", textContent: "Difference × 4" });
  difference.setAttribute("aria-pressed", "false");
  difference.addEventListener("click", () => {
    const pressed = compare.classList.toggle("difference");
    difference.setAttribute("aria-pressed", String(pressed));
  });
  tools.append(difference);
}

function showDetail(image, images) {
  const detail = find("detail");
  const title = make("h2", { textContent: image.name, tabIndex: -1 });
  const tools = make("div", { className: "tools" });
  if (images.length > 1) {
    const step = (words, number) => {
      const button = make("button", { type: "button", textContent: words });
      button.disabled = number < 1 || number > images.length;
      button.addEventListener("click", () => { location.hash = `#${number}`; });
      return button;
    };
    tools.append(
      make("a", { className: "button", href: `#page-${lastPage}`, textContent: "All images" }),
      step("Previous", image.number - 1), step("Next", image.number + 1),
      make("span", { className: "quiet", textContent: `${image.number} of ${images.length}` }));
  }
  detail.replaceChildren(tools, title, build(image.block));
  const compare = detail.querySelector(".compare");
  if (compare) connect(compare, tools);
  tools.hidden = !tools.childElementCount;
  find("overview").hidden = true;
  detail.hidden = false;
  document.title = `${image.name} – pdefilter report`;
  if (images.length > 1) {
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }
}

let lastPage = 1;

function showPage(number, images) {
  const kind = KINDS[find("status").value][1];
  const wanted = find("search").value.toLowerCase();
  const shown = images.filter((image) => kind(image) && image.name.toLowerCase().includes(wanted));
  const pages = Math.max(1, Math.ceil(shown.length / PER_PAGE));
  lastPage = Math.min(Math.max(number, 1), pages);
  const turn = (words, to) => {
    const button = make("button", { type: "button", textContent: words, disabled: to < 1 || to > pages });
    button.addEventListener("click", () => { location.hash = `#page-${to}`; });
    return button;
  };
  find("pager").hidden = pages === 1;
  find("pager").replaceChildren(turn("Previous", lastPage - 1),
    make("span", { textContent: `page ${lastPage} of ${pages}` }), turn("Next", lastPage + 1));
  const first = (lastPage - 1) * PER_PAGE;
  find("grid").replaceChildren(...shown.slice(first, first + PER_PAGE).map(thumbnail));
  find("none").hidden = shown.length > 0;
  find("detail").hidden = true;
  find("detail").replaceChildren();
  find("overview").hidden = false;
  document.title = "pdefilter report";
}

document.addEventListener("DOMContentLoaded", () => {
  const blocks = [...document.querySelectorAll("script.run, script.image")];
  const runs = blocks.filter((block) => block.className === "run");
  const images = listImages(blocks);
  find("loading").hidden = true;
  find("runs").append(...runs.map(build));
  document.querySelector("h1").textContent = [...new Set(runs.map((run) => run.dataset.title))].join("; ");
  showTotals(images);
  for (const [value, [words, takes]] of Object.entries(KINDS)) {
    const count = images.filter(takes).length;
    find("status").append(make("option", { value, textContent: `${words} (${count})`, disabled: !count }));
  }
  const route = () => {
    const [, page, number] = /^#(page-)?(\d+)$/.exec(location.hash) ?? [];
    const image = images.length === 1 ? images[0] : !page && images[Number(number) - 1];
    if (image) showDetail(image, images);
    else showPage(page ? Number(number) : 1, images);
  };
  const search = () => {
    history.replaceState(null, "", "#page-1");
    showPage(1, images);
  };
  find("status").addEventListener("change", search);
  find("search").addEventListener("input", search);
  addEventListener("hashchange", route);
  route();
});
