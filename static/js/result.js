// The strength of the heat-map. Delegated, because the result arrives by htmx.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-opacity]")) return;
  event.target.closest("[data-film]").querySelector("[data-heat]").style.opacity = event.target.value / 100;
});
