// One keyboard for the worklist: j and k move, enter opens, c claims, ? lists the keys. The selection survives a refresh.
const rows = () => [...document.querySelectorAll(".work")];
const keys = document.getElementById("keys");
let selected = null;

function mark() {
  for (const row of rows()) row.classList.toggle("selected", row.dataset.review === selected);
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.review === selected);
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  selected = next.dataset.review;
  mark();
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("a").focus({ preventScroll: true });
  if (!next.dataset.preloaded) {
    next.dataset.preloaded = "yes";
    const image = next.querySelector("img");
    if (image) new Image().src = image.src.replace("/thumbnail/", "/image/");
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const row = rows().find((each) => each.dataset.review === selected);
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "c") row?.querySelector("form")?.requestSubmit();
  else if (event.key === "?") keys.showModal();
  else if (event.key === "Enter" && row && event.target === document.body) row.querySelector("a").click();
});
document.addEventListener("htmx:afterSwap", mark);
document.querySelector("[data-help]").addEventListener("click", () => keys.showModal());
