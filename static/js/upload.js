// Sends the pictures one by one, with a preview, a progress bar and an answer of its own for each. Without this script the form sends all at once.
const form = document.getElementById("upload-form");
const list = document.getElementById("uploads");
const drop = document.getElementById("drop");
const inputs = form.querySelectorAll('input[type="file"]');
const maxBytes = Number(form.dataset.maxBytes);
const button = form.querySelector('button[type="submit"]');
let waiting = [];

document.querySelectorAll("[data-needs-script]").forEach((hint) => { hint.hidden = false; });

function line(file) {
  const row = document.createElement("div");
  row.className = "upload";
  const image = document.createElement("img");
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("error", () => { image.removeAttribute("src"); });
  const text = document.createElement("div");
  const name = document.createElement("p");
  name.textContent = file.name || "Pasted picture";
  const said = document.createElement("p");
  said.className = "small muted";
  const size = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} kB` : `${(file.size / 1e6).toFixed(1)} MB`;
  said.textContent = `${size}, ready to send`;
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.hidden = true;
  bar.setAttribute("aria-label", "Upload");
  text.append(name, said, bar);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "button bare";
  remove.textContent = "Remove";
  remove.addEventListener("click", () => { waiting = waiting.filter((item) => item.row !== row); row.remove(); });
  row.append(image, text, remove);
  list.append(row);
  return { file, row, said, bar, remove };
}

function add(files) {
  for (const file of files) {
    const item = line(file);
    if (file.size > maxBytes) refuse(item, "The file is larger than 20 MB. Please send a smaller copy of the picture.");
    else waiting.push(item);
  }
}

function refuse(item, message) {
  item.said.textContent = message;
  item.said.className = "small error";
  item.bar.hidden = true;
}

function send(item) {
  return new Promise((done) => {
    const data = new FormData(form);
    data.delete("files");
    data.append("files", item.file, item.file.name || "pasted.png");
    const request = new XMLHttpRequest();
    request.open("POST", form.action || location.href);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      item.bar.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
      item.said.textContent = event.loaded < event.total ? `Sending, ${Math.round(item.bar.value)} %` : "Checking the picture";
    });
    request.addEventListener("load", () => {
      const answer = request.response;
      if (request.status < 300 && answer?.url) {
        const link = document.createElement("a");
        link.href = answer.url;
        link.textContent = answer.created ? "Uploaded: see its answer" : "You sent this picture before: see its answer";
        item.said.replaceChildren(link);
        item.bar.hidden = true;
        done(answer.url);
      } else {
        refuse(item, answer?.message || "The portal could not take this picture. Please try again.");
        done(null);
      }
    });
    request.addEventListener("error", () => { refuse(item, "The connection broke off. Press the button to try again."); waiting.push(item); done(null); });
    item.remove.hidden = true;
    item.bar.hidden = false;
    request.send(data);
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!waiting.length) { inputs[0].click(); return; }
  button.disabled = true;
  const now = waiting;
  waiting = [];
  const urls = [];
  for (const item of now) urls.push(await send(item));
  button.disabled = false;
  if (now.length === 1 && urls[0] && list.children.length === 1) location.assign(urls[0]);
});

inputs.forEach((input) => input.addEventListener("change", () => { add(input.files); input.value = ""; }));
["dragenter", "dragover"].forEach((name) => drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); }));
["dragleave", "drop"].forEach((name) => drop.addEventListener(name, () => drop.classList.remove("over")));
drop.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });
document.addEventListener("paste", (event) => add([...event.clipboardData.files].filter((file) => file.type.startsWith("image/"))));
