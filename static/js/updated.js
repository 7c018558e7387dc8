// "Updated 4 s ago": says when what is shown was last true, also while the connection is gone.
const seen = new WeakMap();

function tell() {
  document.querySelectorAll("[data-updated]").forEach((mark) => {
    if (!seen.has(mark)) seen.set(mark, Date.now());
    const seconds = Math.round((Date.now() - seen.get(mark)) / 1000);
    const words = seconds < 2 ? gettext("Updated just now") : interpolate(gettext("Updated %(seconds)s s ago"), { seconds }, true);
    if (mark.textContent !== words) mark.textContent = words;
  });
}

document.addEventListener("htmx:afterSwap", tell);
document.addEventListener("htmx:afterRequest", (event) => {
  // An answer that says that nothing has changed swaps nothing: what is shown is true anew all the same.
  const marks = event.detail.successful ? document.querySelectorAll(`[data-updated="#${event.target.id}"]`) : [];
  marks.forEach((mark) => seen.set(mark, Date.now()));
});
setInterval(tell, 1000);
tell();
