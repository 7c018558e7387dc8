// The operating point: each number has a slider, and one that is moved past its neighbour takes the neighbour along.
const sliders = [...document.querySelectorAll("[data-slider]")].map((field) => ({
  number: field.querySelector("input:not([type=range])"),
  range: field.querySelector("input[type=range]"),
}));

function show(slider, value) {
  slider.number.value = value;
  slider.range.value = value;
}

sliders.forEach((slider, at) => {
  slider.range.hidden = false;
  slider.range.value = slider.number.value;
  slider.range.addEventListener("input", () => {
    slider.number.value = slider.range.value;
    sliders.slice(0, at).filter((lower) => Number(lower.number.value) > Number(slider.range.value)).forEach((lower) => show(lower, slider.range.value));
    sliders.slice(at + 1).filter((upper) => Number(upper.number.value) < Number(slider.range.value)).forEach((upper) => show(upper, slider.range.value));
  });
  slider.number.addEventListener("input", () => { slider.range.value = slider.number.value; });
});
